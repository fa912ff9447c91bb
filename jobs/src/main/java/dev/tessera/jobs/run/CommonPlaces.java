package dev.tessera.jobs.run;

import dev.tessera.spark.settings.SharedFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;

/**
 * Which paths mean the same on a host that nobody has chosen yet: those of file systems that the
 * cluster shares, and local ones below a mount that comes over the network or is declared.
 */
public final class CommonPlaces {

  private static final Pattern SCHEME =
      Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*:.*", Pattern.DOTALL);

  /**
   * Kinds of mounts that come over the network, as Linux names them. Not every {@code fuse.*} does
   * (a container's own disk may be one), and 9p and virtiofs join a virtual machine to its host.
   */
  private static final Set<String> NETWORK =
      Set.of(
          "nfs",
          "nfs4",
          "cifs",
          "smb3",
          "smbfs",
          "lustre",
          "gpfs",
          "ceph",
          "glusterfs",
          "beegfs",
          "afs",
          "orangefs",
          "pvfs2",
          "ocfs2",
          "gfs2",
          "fuse.afs",
          "fuse.alluxio-fuse",
          "fuse.beegfs",
          "fuse.blobfuse",
          "fuse.blobfuse2",
          "fuse.ceph",
          "fuse.ceph-fuse",
          "fuse.curlftpfs",
          "fuse.cvmfs2",
          "fuse.davfs",
          "fuse.dfuse",
          "fuse.fuse_dfs",
          "fuse.gcsfuse",
          "fuse.geesefs",
          "fuse.glusterfs",
          "fuse.goofys",
          "fuse.juicefs",
          "fuse.lizardfs",
          "fuse.mfs",
          "fuse.mount-s3",
          "fuse.mountpoint-s3",
          "fuse.ossfs",
          "fuse.rclone",
          "fuse.s3fs",
          "fuse.saunafs",
          "fuse.seaweedfs",
          "fuse.smbnetfs",
          "fuse.sshfs");

  /** The disk that a machine or a container calls its own, however it came by it. */
  private static final Path ROOT = Path.of("/");

  private final SharedFolders declared;
  private final boolean localByDefault;
  private final List<Mount> mounts;

  private record Mount(Path place, String kind) {}

  private CommonPlaces(SharedFolders declared, boolean localByDefault, List<Mount> mounts) {
    this.declared = declared;
    this.localByDefault = localByDefault;
    this.mounts = mounts;
  }

  public static CommonPlaces of(SparkConf spark, Configuration hadoop) {
    return of(spark, hadoop, lines());
  }

  /**
   * As above.
   *
   * @param mounts lines of {@code /proc/self/mounts}
   */
  static CommonPlaces of(SparkConf spark, Configuration hadoop, List<String> mounts) {
    List<Mount> read = new ArrayList<>();
    for (String line : mounts) {
      String[] words = line.split(" ", -1);
      if (words.length > 2) {
        read.add(new Mount(Path.of(words[1].replace("\\040", " ")), words[2]));
      }
    }
    boolean local = "file".equals(FileSystem.getDefaultUri(hadoop).getScheme());
    return new CommonPlaces(SharedFolders.of(spark), local, read);
  }

  private static List<String> lines() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mounts"));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Whether a path, as a user gave it, is the same place wherever it is read. */
  public boolean hold(String path) {
    boolean local = path.startsWith("file:");
    if (!local && (SCHEME.matcher(path).matches() || !localByDefault)) {
      return true;
    }
    try {
      Path place = Path.of(local ? path.replaceFirst("^file:(//)?(?=/)", "") : path);
      return place.isAbsolute() && (declared.hold(place) || isNetwork(place.normalize()));
    } catch (InvalidPathException e) {
      return true; // It is no path; whoever reads it tells so.
    }
  }

  /** By the mount that is nearest above; of two on one place the later. */
  private boolean isNetwork(Path place) {
    return mounts.stream()
        .filter(mount -> place.startsWith(mount.place()))
        .reduce((a, b) -> nearest.compare(b, a) >= 0 ? b : a)
        .map(mount -> !mount.place().equals(ROOT) && NETWORK.contains(mount.kind()))
        .orElse(false);
  }

  private static final Comparator<Mount> nearest =
      Comparator.comparingInt(mount -> mount.place().getNameCount());
}
