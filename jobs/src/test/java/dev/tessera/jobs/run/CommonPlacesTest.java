package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommonPlacesTest {

  private static final List<String> MOUNTS =
      List.of(
          "/dev/sda1 / ext4 rw 0 0",
          "filer:/vol /net nfs4 rw 0 0",
          "/dev/sdb1 /net/local xfs rw 0 0",
          "store /mnt/a\\040store fuse.s3fs rw 0 0");

  private static boolean holdsOn(String path, String... mounts) {
    return CommonPlaces.of(new SparkConf(false), new Configuration(false), List.of(mounts))
        .hold(path);
  }

  private static boolean holds(String path, String defaultFs) {
    SparkConf spark = new SparkConf(false).set("spark.tessera.sharedFolders", "/data, /srv/runs/");
    Configuration hadoop = new Configuration(false);
    hadoop.set("fs.defaultFS", defaultFs);
    return CommonPlaces.of(spark, hadoop, MOUNTS).hold(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hdfs://h/x",
        "s3a://b/x",
        "icons:?count=4",
        "/net/x",
        "file:/net/x",
        "file:///net/x",
        "/data",
        "/data/x",
        "/srv/runs/0001-x",
        "/mnt/a store/x",
        "/net/local/../x"
      })
  void theseAreTheSameOnEveryHost(String path) {
    assertThat(holds(path, "file:///")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "runs",
        "./runs",
        "/home/me/x",
        "file:/home/me/x",
        "file:///tmp",
        "file:x",
        "/net/local/x",
        "/datax",
        "/data/../home",
        "../net/x"
      })
  void theseAreNot(String path) {
    assertThat(holds(path, "file:///")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fuse.fuse-overlayfs",
        "fuse.lxcfs",
        "fuse.gocryptfs",
        "fuseblk",
        "fuse",
        "9p",
        "virtiofs",
        "overlay"
      })
  void mountsOfOneMachineAreNot(String kind) {
    assertThat(holdsOn("/mnt/c/x", "none / ext4 rw 0 0", "some /mnt/c " + kind + " rw 0 0"))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nfs4", "ceph", "fuse.sshfs", "fuse.glusterfs", "fuse.juicefs", "fuse.gcsfuse"})
  void mountsFromTheNetworkAreButNeverTheRoot(String kind) {
    assertThat(holdsOn("/mnt/c/x", "none / ext4 rw 0 0", "some /mnt/c " + kind + " rw 0 0"))
        .isTrue();
    assertThat(holdsOn("/mnt/c/x", "some / " + kind + " rw 0 0")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runs", "/x"})
  void whereHadoopsDefaultIsSharedPathsWithoutASchemeAre(String path) {
    assertThat(holds(path, "hdfs://h/")).isTrue();
    assertThat(holds("file:/x", "hdfs://h/")).isFalse();
  }
}
