package dev.tessera.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
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
  void aPathIsReadAndTheDifferenceOfFoldersFilesAndNothingTold(@TempDir Path folder)
      throws Exception {
    Configuration conf = new Configuration();
    Path file = Files.writeString(folder.resolve("file"), "12345");
    PathFacts none = PathFacts.probe(folder + "/not/yet/there", conf);

    assertThat(PathFacts.probe(folder.toString(), conf).line()).isEqualTo(folder + ": a folder");
    assertThat(PathFacts.probe(file.toString(), conf).line())
        .isEqualTo(file + ": a file of 5 bytes");
    assertThat(none.problem()).isEmpty();
    assertThat(none.line())
        .isEqualTo(
            folder
                + "/not/yet/there: NOT there, which is right for an output only; "
                + folder
                + " takes one");
    assertThat(folder.toFile().list()).containsExactly("file");
    assertThat(PathFacts.probe(file + "/below", conf).problem())
        .isEqualTo(file + "/below is not there and cannot be: " + file + " is a file");
    assertThat(PathFacts.probe("nosuch://host/path", conf).problem())
        .contains("nosuch://host/path cannot be reached");
    // Where nobody may make a folder, root included.
    assertThat(PathFacts.probe("/proc/none/at/all", conf).problem())
        .startsWith("/proc/none/at/all is not there, and nothing can be written to /proc: ");
  }

  @Test
  void whatIsMissingIsSaidAtTheEndToo(@TempDir Path folder) {
    PathFacts none = PathFacts.probe(folder + "/none", new Configuration());
    ProcessFacts well = facts(new LibtorchFacts("2.7.1", "/lib", ""), ROOM, none);
    DoctorReport report = new DoctorReport("2 ranks", List.of(well, well), well.obstacles());

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines())
        .endsWith(
            "Nothing found that would stop a run, unless it reads "
                + folder
                + "/none: nothing is there.");
  }

  @Test
  void whatMayNotBeReadIsAnObstacle(@TempDir Path folder) throws Exception {
    // Which nobody may, root included.
    PathFacts unreadable = PathFacts.probe("/proc/self/clear_refs", new Configuration());
    assertThat(unreadable.problem()).startsWith("/proc/self/clear_refs cannot be read: ");
    assertThat(unreadable.line()).isEqualTo("/proc/self/clear_refs NOT usable");
    Path file = Files.writeString(folder.resolve("file"), "12345");
    Path closed = Files.createDirectory(folder.resolve("closed"));
    for (Path path : List.of(file, closed)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
    }
    assumeFalse(Files.isReadable(file), "root may read everything");

    for (Path path : List.of(file, closed, closed.resolve("below"))) {
      assertThat(PathFacts.probe(path.toString(), new Configuration()).problem())
          .startsWith(path + " ");
    }
  }

  @Test
  void aMarkThatAKilledDoctorLeftGoesWithTheNext(@TempDir Path folder) throws Exception {
    Path dead = Files.createFile(folder.resolve("_doctor-1"));
    Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Path young = Files.createFile(folder.resolve("_doctor-2"));
    Path text = Files.writeString(folder.resolve("_doctor-3"), "somebody's");
    Files.setLastModifiedTime(text, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

    PathMark.put(folder.toString(), new Configuration()).remove(new Configuration());

    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("_doctor-2", "_doctor-3");
    assertThat(young).exists();
  }

  @Test
  void anotherHostsFolderIsNotTheDrivers(@TempDir Path folder) throws Exception {
    Configuration conf = new Configuration();
    Path there = Files.createDirectory(folder.resolve("there"));
    for (Path asked : List.of(there, folder.resolve("none"), Path.of("/proc/sys/kernel"))) {
      PathMark mark = PathMark.put(asked.toString(), conf);
      PathFacts seen = PathFacts.probe(mark, conf);
      mark.remove(conf);

      assertThat(seen.problem().isEmpty() ? "" : seen.line()).as(seen.problem()).isEmpty();
      assertThat(seen.line())
          .containsAnyOf("the same folder as the driver's", ", the same as the driver's");
    }
    // As on a host that has a folder of the same name, or none, and not the driver's file in it.
    PathMark folders = PathMark.put(there.toString(), conf);
    folders.remove(conf);
    PathMark others = new PathMark("/proc/sys/kernel", null, "[others 1 2]");
    for (PathMark mark : List.of(folders, others)) {
      PathFacts facts = PathFacts.probe(mark, conf);
      assertThat(facts.line()).isEqualTo(mark.path() + " NOT the driver's");
      assertThat(facts.problem()).contains("another place here than for the driver");
    }
    Files.delete(there);
    assertThat(PathFacts.probe(folders, conf).line()).endsWith(" NOT the driver's");
  }

  @Test
  void aPathThatNobodyAskedForSaysWhyItIsThere(@TempDir Path folder) {
    PathFacts facts = PathFacts.probe(folder.toString(), new Configuration());

    assertThat(facts.because("the working folder").line())
        .isEqualTo(folder + " (the working folder): a folder");
  }

  @Test
  void roomIsALineAPlace() {
    RoomFacts room =
        new RoomFacts(
            3L << 29,
            1L << 30,
            List.of(
                new DiskFacts("/tmp", "libtorch", 5L << 29, 1, false, ""),
                new DiskFacts("/data", "shards", 1L << 40, 1, false, ""),
                new DiskFacts("/tmp", "libraries", 5L << 29, 1, false, ""),
                new DiskFacts("/tmp", "libraries", 5L << 29, 1, false, "")));
    ProcessFacts facts = facts(new LibtorchFacts("2.7.1", "/lib", ""), room);

    assertThat(facts.lines())
        .containsSequence(
            "  room      1.5 GiB of memory available, heap at most 1.0 GiB",
            "  disk      2.5 GiB free in /tmp (libtorch, libraries)",
            "  disk      1,024.0 GiB free in /data (shards)")
        .allMatch(line -> line.length() < 120);
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
