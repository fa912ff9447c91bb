package dev.tessera.models.train;

import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.ModelIdentity;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorFile;
import dev.tessera.models.checkpoint.VectorName;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A training state as a checkpoint: one file for each kind of vector. */
public final class StateFiles {

  private StateFiles() {}

  /**
   * Writes a checkpoint.
   *
   * @param attempt of the run that writes it, from 0
   * @return its path
   */
  public static String write(
      CheckpointStore store, TrainingState state, int attempt, ModelIdentity model)
      throws IOException {
    return store
        .write(
            new CheckpointContent(
                state.images(),
                state.step(),
                attempt,
                model,
                state.counters().named(),
                files(state.tensors())))
        .toString();
  }

  /** Writes the averages that outlive checkpoints, if the recipe keeps any. */
  public static void writeSnapshot(
      CheckpointStore store, TrainingState state, int attempt, ModelIdentity model)
      throws IOException {
    List<NamedMemory> averages = state.snapshots();
    if (!averages.isEmpty()) {
      store.write(
          new CheckpointContent(
              state.images(), state.step(), attempt, model, Map.of(), files(averages)));
    }
  }

  private static List<TensorFile> files(List<NamedMemory> tensors) {
    Map<String, List<NamedTensor>> byKind =
        tensors.stream()
            .collect(
                Collectors.groupingBy(
                    t -> VectorName.kindOf(t.name()),
                    LinkedHashMap::new,
                    Collectors.mapping(StateFiles::tensor, Collectors.toList())));
    return byKind.entrySet().stream()
        .map(e -> new TensorFile(VectorName.file(e.getKey()), e.getValue()))
        .toList();
  }

  /**
   * Takes up a checkpoint.
   *
   * @throws dev.tessera.models.UserException if it is of another model
   */
  public static void restore(Checkpoint checkpoint, TrainingState state, ModelIdentity model)
      throws IOException {
    checkpoint.restore(model, state.tensors().stream().map(StateFiles::tensor).toList());
    state.restore(Counters.of(checkpoint.manifest().counters()));
  }

  private static NamedTensor tensor(NamedMemory memory) {
    return NamedTensor.of(memory.name(), DType.F32, memory.memory(), memory.shape().toArray());
  }
}
