package dev.tessera.jobs.doctor;

import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.spark.temporary.LibtorchCache;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/**
 * The disk below a folder that a run writes to on each machine.
 *
 * @param what is written there
 * @param free bytes
 * @param least bytes that it takes
 * @param noexec whether libraries that are written there could not be loaded
 * @param movedBy what puts the folder elsewhere
 */
record DiskFacts(String folder, String what, long free, long least, boolean noexec, String movedBy)
    implements Serializable {

  /** Below this a rank's cache is at risk. */
  private static final long SHARDS = 1L << 30;

  private static final long SHUFFLES = 1L << 28;

  /** The natives' jar unpacked, 432 MiB. */
  private static final long LIBTORCH = 1L << 29;

  private static final long SMALL = 1L << 25;

  /** The folders of cached shards, of libtorch, of small libraries, and Spark's own. */
  static List<DiskFacts> probe(SparkConf conf) {
    List<DiskFacts> disks = new ArrayList<>();
    List<String> mounts = mounts();
    String cache = CacheSettings.standard().folder().toString();
    disks.add(
        of(
            cache,
            "shards",
            SHARDS,
            false,
            "output.cache=FOLDER or -Djava.io.tmpdir=FOLDER",
            mounts));
    if (System.getenv("PYTORCH_LIBRARY_PATH") == null) {
      String libtorch = LibtorchCache.folder().toString();
      disks.add(
          of(
              libtorch,
              "libtorch",
              unpacked(libtorch) ? 0 : LIBTORCH,
              true,
              "DJL_CACHE_DIR (of executors: spark.executorEnv.DJL_CACHE_DIR)",
              mounts));
    }
    disks.add(
        of(
            System.getProperty("java.io.tmpdir"),
            "libraries",
            SMALL,
            true,
            "-Djava.io.tmpdir=FOLDER (spark.driver.extraJavaOptions and"
                + " spark.executor.extraJavaOptions)",
            mounts));
    for (String folder : Utils.getConfiguredLocalDirs(conf)) {
      disks.add(of(folder, "Spark's files", SHUFFLES, false, "spark.local.dir", mounts));
    }
    return disks;
  }

  private static boolean unpacked(String folder) {
    try (Stream<Path> there = Files.list(Path.of(folder, "pytorch"))) {
      return there.anyMatch(path -> Files.exists(path.resolve("libtorch_cpu.so")));
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private static List<String> mounts() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mounts"));
    } catch (IOException e) {
      return List.of();
    }
  }

  static DiskFacts of(
      String folder,
      String what,
      long least,
      boolean libraries,
      String movedBy,
      List<String> mounts) {
    File there = new File(folder).getAbsoluteFile();
    while (!there.exists() && there.getParentFile() != null) {
      there = there.getParentFile();
    }
    // A folder that nobody may write to has no room.
    long free = there.canWrite() ? there.getUsableSpace() : 0;
    return new DiskFacts(
        folder, what, free, least, libraries && noexec(there.toPath(), mounts), movedBy);
  }

  /** By the mount that is nearest above the folder; of two on one place the later. */
  private static boolean noexec(Path folder, List<String> mounts) {
    Optional<String[]> nearest =
        mounts.stream()
            .map(line -> line.split(" "))
            .filter(words -> words.length > 3)
            .filter(words -> folder.startsWith(words[1].replace("\\040", " ")))
            .reduce(
                (a, b) ->
                    Comparator.comparingInt((String[] words) -> words[1].length()).compare(a, b) > 0
                        ? a
                        : b);
    return nearest.isPresent() && Arrays.asList(nearest.get()[3].split(",")).contains("noexec");
  }

  /** A sentence when there is too little, or libraries cannot be loaded; otherwise empty. */
  String problem() {
    if (noexec) {
      return folder
          + " is mounted noexec, and what is unpacked there ("
          + what
          + ") is loaded from there: set "
          + movedBy
          + " to a folder of another mount";
    }
    return free >= least
        ? ""
        : "only "
            + mib(free)
            + " to write in "
            + folder
            + ", and "
            + mib(least)
            + " are needed ("
            + what
            + "): free some, or move it by "
            + movedBy;
  }

  static String gib(long bytes) {
    return String.format(Locale.ROOT, "%,.1f GiB", bytes / (double) (1L << 30));
  }

  private static String mib(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
