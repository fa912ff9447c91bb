package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.ImageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What an input's files are. */
public enum Kind {
  /** Told by the names of the files. */
  AUTO,
  PICTURES,
  ZIP,
  IDX,
  CIFAR,
  PARQUET;

  /** Known to people by sight, and what to do with them. */
  private static final Map<String, String> FOREIGN =
      Map.of(
          ".tar", "a tar file (WebDataset's shards are such): unpack it first",
          ".tgz", "a compressed tar file: unpack it first",
          ".tar.gz", "a compressed tar file: unpack it first",
          ".7z", "a 7-Zip archive: unpack it first",
          ".rar", "a RAR archive: unpack it first",
          ".tfrecord", "a TFRecord file: write its pictures as files or Parquet",
          ".arrow", "an Arrow file: write it as Parquet (datasets: to_parquet)",
          ".h5", "an HDF5 file: write its pictures as files or Parquet",
          ".npz", "a NumPy archive: write its pictures as files or Parquet",
          ".mdb", "an LMDB (LSUN): write its pictures as files");

  /** What a file's name says; empty if it says nothing. */
  static Optional<Kind> of(String path) {
    String name = name(path);
    if (name.endsWith(".zip")) {
      return Optional.of(ZIP);
    }
    if (name.endsWith("-ubyte") || name.endsWith("-ubyte.gz") || name.endsWith(".idx")) {
      return Optional.of(IDX);
    }
    if (name.endsWith(".bin")) {
      return Optional.of(CIFAR);
    }
    if (name.endsWith(".parquet")) {
      return Optional.of(PARQUET);
    }
    return ImageFormat.claimedBy(name).map(format -> PICTURES);
  }

  /** Such as "STL-10's binary files: ..."; empty if the file is nothing that is known by sight. */
  static Optional<String> foreign(String path) {
    String name = name(path);
    if (name.matches("(train|test|unlabeled)_[xy]\\.bin")) {
      return Optional.of("of STL-10's binary form: write its pictures as files or Parquet");
    }
    if (name.matches("data_batch_\\d|test_batch|batches\\.meta")) {
      return Optional.of(
          "of CIFAR's form for Python (a pickle): fetch the binary version"
              + " (cifar-10-binary.tar.gz) and unpack it");
    }
    return FOREIGN.entrySet().stream()
        .filter(entry -> name.endsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
  }

  /** The files of this kind; the others are counted in a note. A lone file is what it shall be. */
  List<SourceFiles.Found> among(List<SourceFiles.Found> files, ListingLog log) {
    if (files.size() == 1) {
      return readable(files);
    }
    List<SourceFiles.Found> mine = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (SourceFiles.Found file : files) {
      if (of(file.relative()).equals(Optional.of(this))) {
        mine.add(file);
      } else {
        others.add(file.relative());
      }
    }
    if (!others.isEmpty()) {
      log.note(
          String.format(
              Locale.ROOT,
              "files: %s left aside, for the input is read as %s: %s",
              Counted.of(others.size(), "file is", "files are"),
              name().toLowerCase(Locale.ROOT),
              Names.of(others)));
    }
    return readable(mine);
  }

  private static List<SourceFiles.Found> readable(List<SourceFiles.Found> files) {
    for (SourceFiles.Found file : files) {
      if (file.problem() != null) {
        throw new InvalidDatasetException(
            file.location()
                + " cannot be read ("
                + file.problem()
                + "): leave it out with --exclude");
      }
      if (LocalFiles.isLocation(file.location()) && !LocalFiles.nameable(file.location())) {
        throw new InvalidDatasetException(
            file.location()
                + " has a name that this locale cannot say: rename it, or set LC_ALL=C.UTF-8");
      }
    }
    return files;
  }
}
