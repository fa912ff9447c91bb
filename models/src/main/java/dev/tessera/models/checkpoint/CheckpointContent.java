package dev.tessera.models.checkpoint;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * All that a checkpoint will hold.
 *
 * @param imagesSeen the run's position, which names and orders checkpoints
 * @param step optimiser steps done
 * @param attempt the attempt that writes, from 0
 * @param model identity of the model
 * @param counters positions and counts to restore
 * @param files tensors; a name occurs once in all files together
 */
public record CheckpointContent(
    long imagesSeen,
    long step,
    int attempt,
    ModelIdentity model,
    Map<String, Long> counters,
    List<TensorFile> files) {

  public CheckpointContent {
    requireNotNegative("imagesSeen", imagesSeen);
    requireNotNegative("step", step);
    requireNotNegative("attempt", attempt);
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
    files = List.copyOf(files);
    requireUniqueNames(files);
  }

  private static void requireNotNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 0 or more)");
    }
  }

  private static void requireUniqueNames(List<TensorFile> files) {
    Set<String> names = new HashSet<>();
    for (TensorFile file : files) {
      if (!names.add(file.name())) {
        throw new IllegalArgumentException("files: '" + file.name() + "' twice (expected: once)");
      }
      for (NamedTensor tensor : file.tensors()) {
        if (!names.add(tensor.name())) {
          throw new IllegalArgumentException(
              "files: tensor '" + tensor.name() + "' twice (expected: once)");
        }
      }
    }
  }
}
