package dev.tessera.models.checkpoint;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint says of itself, {@code manifest.json}.
 *
 * @param imagesSeen the run's position
 * @param step optimiser steps done
 * @param attempt the attempt that wrote it
 * @param model identity of the model
 * @param counters positions and counts to restore
 * @param files the tensor files with their sizes and checksums
 */
public record CheckpointManifest(
    long imagesSeen,
    long step,
    int attempt,
    ModelIdentity model,
    Map<String, Long> counters,
    List<StoredFile> files) {

  /** Raised when a reader of the old form could not understand the new one. */
  public static final int SCHEMA = 1;

  static final String NAME = "manifest.json";

  public CheckpointManifest {
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
    files = List.copyOf(files);
  }

  /**
   * A tensor file as it was written.
   *
   * @param name file name within the checkpoint
   * @param bytes length
   * @param crc32c checksum of all bytes
   */
  public record StoredFile(String name, long bytes, int crc32c) {

    public StoredFile {
      TensorFile.requireName(name);
    }
  }
}
