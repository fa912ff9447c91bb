package dev.tessera.models.checkpoint;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A complete checkpoint whose every byte was checked when it was opened. */
public final class Checkpoint {

  private final FileSystem fs;
  private final Path path;
  private final CheckpointManifest manifest;
  private final Map<String, Stored> tensors;

  private record Stored(TensorSpec spec, Path file) {}

  private Checkpoint(
      FileSystem fs, Path path, CheckpointManifest manifest, Map<String, Stored> tensors) {
    this.fs = fs;
    this.path = path;
    this.manifest = manifest;
    this.tensors = tensors;
  }

  static Checkpoint open(FileSystem fs, Path path, CheckpointManifest manifest) throws IOException {
    Map<String, Stored> tensors = new LinkedHashMap<>();
    for (CheckpointManifest.StoredFile stored : manifest.files()) {
      Path file = new Path(path, stored.name());
      try (SafetensorsReader reader = SafetensorsReader.open(fs, file)) {
        reader.tensors().forEach(spec -> tensors.put(spec.name(), new Stored(spec, file)));
      }
    }
    return new Checkpoint(fs, path, manifest, tensors);
  }

  public Path path() {
    return path;
  }

  public CheckpointManifest manifest() {
    return manifest;
  }

  /** What all files together hold. */
  public Collection<TensorSpec> tensors() {
    return tensors.values().stream().map(Stored::spec).toList();
  }

  /**
   * Fills all of {@code targets}, which must be the checkpoint's tensors and no others.
   *
   * @throws UserException if the checkpoint is of another architecture; the message names the first
   *     tensor or recipe key that differs. Nothing is read then.
   */
  public void restore(ModelIdentity model, List<NamedTensor> targets) throws IOException {
    ArchitectureCheck check = new ArchitectureCheck(path, tensors());
    check.requireSameTensors(targets.stream().map(NamedTensor::spec).toList());
    check.requireSameModel(manifest.model(), model);
    read(targets);
  }

  /**
   * Fills {@code targets}, some of the checkpoint's tensors: the averaged weights alone, say.
   *
   * @throws UserException if one is missing or has another type or shape. Nothing is read then.
   */
  public void read(List<NamedTensor> targets) throws IOException {
    new ArchitectureCheck(path, tensors())
        .requireTensors(targets.stream().map(NamedTensor::spec).toList());
    Map<Path, SafetensorsReader> readers = new LinkedHashMap<>();
    try {
      for (NamedTensor target : targets) {
        Path file = tensors.get(target.name()).file();
        if (!readers.containsKey(file)) {
          readers.put(file, SafetensorsReader.open(fs, file));
        }
        readers.get(file).read(target.name(), target.memory());
      }
    } finally {
      for (SafetensorsReader reader : readers.values()) {
        reader.close();
      }
    }
  }
}
