package dev.tessera.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {

  private static final CpuFacts CPU = new CpuFacts("model", 2, List.of("avx2"));
  private static final RoomFacts ROOM = room(9L << 30);

  private static RoomFacts room(long free) {
    return new RoomFacts(
        8L << 30,
        1L << 30,
        List.of(new DiskFacts("/tmp", "shards", free, 1L << 30, false, "spark.local.dir")));
  }

  private static ProcessFacts facts(LibtorchFacts libtorch, RoomFacts room, PathFacts... files) {
    return new ProcessFacts(
        "executor 0",
        "host-a",
        7,
        "jvm",
        libtorch,
        CPU,
        List.of(),
        "fp32",
        NcclFacts.probe(),
        room,
        List.of(),
        List.of(files));
  }

  @Test
  void cpuFeaturesAreReadFromTheKernelsList() {
    CpuFacts cpu =
        CpuFacts.of(
            List.of("processor\t: 0", "model name\t: Some CPU", "flags\t\t: fpu avx2 fma amx_bf16"),
            4);

    assertThat(cpu).isEqualTo(new CpuFacts("Some CPU", 4, List.of("avx2", "fma", "amx_bf16")));
    assertThat(CpuFacts.of(List.of(), 1).features()).isEmpty();
  }

  @Test
  void ncclIsLookedForWhereThereAreGpus() {
    // Which of the three depends on the machine; never an exception, never nothing.
    assertThat(NcclFacts.probe().line())
        .matches(
            "not needed, .*|none: .*|2\\.\\d+\\.\\d+ in /.*libnccl.so.2, for the \\d+ GPUs .*");
  }

  @Test
  void noDriverMeansNoGpu() {
    assertThat(GpuFacts.probe("no-such-program-as-this")).isEmpty();
  }

  @Test
  void aDriverThatHangsIsNotWaitedFor(@TempDir Path folder) throws Exception {
    // It never ends and never closes its output, as nvidia-smi with a GPU that fell off the bus.
    Path hung = folder.resolve("hung");
    Files.writeString(hung, "#!/bin/sh\necho '0, GPU'\nexec sleep 600\n");
    Files.setPosixFilePermissions(hung, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThat(GpuFacts.probe(hung.toString(), 1)).isEmpty();
    Files.writeString(hung, "#!/bin/sh\necho '0, GPU'\n");
    assertThat(GpuFacts.probe(hung.toString(), 10)).containsExactly("0, GPU");
  }

  @Test
  void disksAreThoseOfTheCacheAndOfSpark(@TempDir Path folder) {
    SparkConf conf = new SparkConf(false).set("spark.local.dir", folder + "/spark");

    assertThat(DiskFacts.probe(conf))
        .extracting(DiskFacts::folder)
        .contains(folder + "/spark")
        .anyMatch(name -> name.contains("tessera-cache-"));
  }

  @Test
  void healthGivesExitCodeZero() {
    ProcessFacts well = facts(new LibtorchFacts("2.7.1", "/lib", ""), ROOM);
    DoctorReport report = new DoctorReport("2 ranks", List.of(well), well.obstacles());

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines())
        .contains("  libtorch  2.7.1 in /lib", "Nothing found that would stop a run.")
        // Of a machine without one nothing is said.
        .noneMatch(line -> line.contains("on a GPU"));
  }

  @Test
  void eachObstacleNamesItsProcessAndGivesExitCodeOne() {
    ProcessFacts ill =
        facts(
            new LibtorchFacts("", "", "libtorch cannot be loaded"),
            room(1L << 20),
            new PathFacts("hdfs://x", "hdfs://x cannot be reached: refused"));
    DoctorReport report = new DoctorReport("2 ranks", List.of(ill), ill.obstacles());

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.obstacles())
        .containsExactly(
            "executor 0 on host-a: libtorch cannot be loaded",
            "executor 0 on host-a: only 1 MiB to write in /tmp, and 1024 MiB are needed (shards): free some, or move it by"
                + " spark.local.dir",
            "executor 0 on host-a: hdfs://x cannot be reached: refused");
  }

  @Test
  void pathsAreAskedOfTheirFileSystem(@TempDir Path folder) {
    Configuration conf = new Configuration();

    assertThat(PathFacts.probe(folder + "/not-yet-there", conf).problem()).isEmpty();
    assertThat(PathFacts.probe("nosuch://host/path", conf).problem())
        .contains("nosuch://host/path cannot be reached");
  }

  @Test
  void settingsThatStopARunAreAllNamed() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.master", "local[2]")
            .set("spark.dynamicAllocation.enabled", "true")
            .set("spark.task.resource.gpu.amount", "1")
            .set("spark.tessera.maxAttempts", "0");

    assertThat(SettingsFacts.obstacles(conf))
        .anyMatch(line -> line.contains("spark.plugins=dev.tessera.spark.TesseraPlugin"))
        .anyMatch(line -> line.contains("spark.dynamicAllocation.enabled=false"))
        .anyMatch(line -> line.contains("spark.tessera.maxAttempts"))
        .anyMatch(line -> line.contains("local[2]"));
  }

  @Test
  void aFolderOfLibrariesThatIsMountedNoexecIsAnObstacle(@TempDir Path folder) {
    List<String> mounts =
        List.of("/dev/a / ext4 rw,noexec 0 0", "tmpfs " + folder + " tmpfs rw,nosuid 0 0");
    String below = folder.resolve("x").toString();

    assertThat(DiskFacts.of(below, "libtorch", 1, true, "DJL_CACHE_DIR", mounts).problem())
        .isEmpty();
    List<String> noexec = List.of(mounts.get(0), mounts.get(1).replace("nosuid", "noexec"));
    assertThat(DiskFacts.of(below, "libtorch", 1, true, "DJL_CACHE_DIR", noexec).problem())
        .contains(below + " is mounted noexec", "(libtorch)", "set DJL_CACHE_DIR");
    // Shards are only read.
    assertThat(DiskFacts.of(below, "shards", 1, false, "output.cache", noexec).problem()).isEmpty();
    assertThat(
            DiskFacts.of(below, "shards", Long.MAX_VALUE, false, "output.cache", noexec).problem())
        .contains("are needed (shards)", "output.cache");
  }
}
