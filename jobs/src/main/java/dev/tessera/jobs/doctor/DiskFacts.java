package dev.tessera.jobs.doctor;

import dev.tessera.datasets.batch.CacheSettings;
import java.io.File;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/**
 * The disk below a folder that a run writes to on each machine.
 *
 * @param free bytes
 * @param movedBy what puts the folder elsewhere
 */
record DiskFacts(String folder, long free, String movedBy) implements Serializable {

  /** Below this a rank's cache and libtorch's extraction are at risk. */
  private static final long LEAST = 1L << 30;

  /** The folder of cached shards, and Spark's own. */
  static List<DiskFacts> probe(SparkConf conf) {
    List<DiskFacts> disks = new ArrayList<>();
    String cache = CacheSettings.standard().folder().toString();
    disks.add(of(cache, "output.cache=FOLDER or -Djava.io.tmpdir=FOLDER"));
    for (String folder : Utils.getConfiguredLocalDirs(conf)) {
      disks.add(of(folder, "spark.local.dir"));
    }
    return disks;
  }

  private static DiskFacts of(String folder, String movedBy) {
    File there = new File(folder).getAbsoluteFile();
    while (!there.exists() && there.getParentFile() != null) {
      there = there.getParentFile();
    }
    // A folder that nobody may write to has no room.
    return new DiskFacts(folder, there.canWrite() ? there.getUsableSpace() : 0, movedBy);
  }

  /** A sentence when there is too little, otherwise empty. */
  String problem() {
    return free >= LEAST
        ? ""
        : "only " + mib() + " to write in " + folder + ": free some, or move it by " + movedBy;
  }

  String line() {
    return mib() + " free in " + folder;
  }

  private String mib() {
    return (free >> 20) + " MiB";
  }
}
