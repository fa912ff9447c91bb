package dev.tessera.spark.training;

import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.ModelIdentity;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorFile;
import dev.tessera.models.train.NamedMemory;
import dev.tessera.models.train.TrainingState;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A training state as a checkpoint: one file for each kind of vector. */
final class StateFiles {

  private StateFiles() {}

  static String write(CheckpointStore store, TrainingState state, int attempt, ModelIdentity model)
      throws IOException {
    Map<String, Double> counters = new LinkedHashMap<>();
    state.counters().forEach((name, value) -> counters.put(name, value.doubleValue()));
    return store
        .write(
            new CheckpointContent(
                state.images(), state.step(), attempt, model, counters, files(state.tensors())))
        .toString();
  }

  /** Writes the averages that outlive checkpoints, if the recipe keeps any. */
  static void writeSnapshot(
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
                    t -> t.name().substring(0, t.name().indexOf('/')),
                    LinkedHashMap::new,
                    Collectors.mapping(StateFiles::tensor, Collectors.toList())));
    return byKind.entrySet().stream()
        .map(e -> new TensorFile(e.getKey() + ".safetensors", e.getValue()))
        .toList();
  }

  static void restore(Checkpoint checkpoint, TrainingState state, ModelIdentity model)
      throws IOException {
    checkpoint.restore(model, state.tensors().stream().map(StateFiles::tensor).toList());
    Map<String, Long> counters = new LinkedHashMap<>();
    checkpoint
        .manifest()
        .counters()
        .forEach((name, value) -> counters.put(name, value.longValue()));
    state.restore(counters);
  }

  private static NamedTensor tensor(NamedMemory memory) {
    return NamedTensor.of(memory.name(), DType.F32, memory.memory(), memory.shape().toArray());
  }
}
