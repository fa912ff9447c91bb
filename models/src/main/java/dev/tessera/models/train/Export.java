package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Program;
import java.util.List;

/**
 * A trained model as a program, and which of a checkpoint's vectors it holds.
 *
 * @param weights the arguments that the file fills in
 */
public record Export(Program program, List<Weights> weights) {

  /**
   * A flat vector of a checkpoint.
   *
   * @param argument of the program
   * @param vector the kind that the checkpoint calls it, {@link
   *     dev.tessera.models.checkpoint.VectorName}
   * @param layout of its parts
   */
  public record Weights(String argument, String vector, Layout layout) {}
}
