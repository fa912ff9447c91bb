package dev.tessera.models.train;

/** Parts of a step that take the device's time. */
public enum StepPart {
  /** Forward passes, gradients and their sum over the rank's shards. */
  GRADIENT,
  /** The sum over ranks. */
  COLLECTIVE,
  /** Clipping, optimiser, average, and updates of the state. */
  UPDATE,
  /** The whole step as one CUDA graph, whose parts cannot be told apart. */
  GRAPH
}
