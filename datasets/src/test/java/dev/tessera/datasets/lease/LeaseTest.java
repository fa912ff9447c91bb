package dev.tessera.datasets.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {

  private final Configuration conf = new Configuration();
  @TempDir private java.nio.file.Path dir;

  private Path place() {
    return new Path(dir.resolve("run").toUri());
  }

  /** Owns the folder until its input ends; prints what became of it. */
  public static final class Holder {

    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try (Lease lease = Lease.acquire(new Configuration(), new Path(arguments[0]), "training")) {
        System.out.println("owned");
        System.in.read();
        lease.require();
      } catch (InvalidDatasetException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private Process holder() throws IOException {
    return new ProcessBuilder(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            place().toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String line(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.equals("owned") || line.contains("is being written")) {
        return line;
      }
    }
    return "";
  }

  @Test
  void ofTwoProcessesTheSecondIsRefusedWithTheFirstNamed() throws Exception {
    Process first = holder();
    try {
      assertThat(line(first)).isEqualTo("owned");
      Process second = holder();
      assertThat(line(second))
          .contains("process " + first.pid() + " on " + Owner.hostName())
          .contains("(training)");
      second.waitFor();
      assertThatThrownBy(() -> Lease.requireFree(conf, place()))
          .hasMessageContaining("process " + first.pid());
    } finally {
      first.destroyForcibly().waitFor();
    }
    // Its process is known to be dead, so nobody waits for its claim to expire.
    try (Lease lease = Lease.acquire(conf, place(), "training")) {
      lease.require();
      assertThat(claims()).hasSize(1);
    }
    assertThat(dir.resolve("run")).isEmptyDirectory();
  }

  private List<String> claims() throws IOException {
    try (var files = Files.list(dir.resolve("run").resolve(Lease.FOLDER))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(n -> !n.startsWith("."))
          .toList();
    }
  }

  @Test
  void ofManyThatComeAtOnceOneOwns() throws Exception {
    int contenders = 6;
    ExecutorService threads = Executors.newFixedThreadPool(contenders);
    try {
      for (int round = 0; round < 5; round++) {
        CyclicBarrier start = new CyclicBarrier(contenders);
        List<Future<Lease>> all = new ArrayList<>();
        for (int i = 0; i < contenders; i++) {
          Callable<Lease> contender =
              () -> {
                start.await();
                try {
                  return Lease.acquire(conf, place(), "training");
                } catch (InvalidDatasetException e) {
                  return null;
                }
              };
          all.add(threads.submit(contender));
        }
        List<Lease> owners = new ArrayList<>();
        for (Future<Lease> one : all) {
          if (one.get() != null) {
            owners.add(one.get());
          }
        }
        assertThat(owners).hasSize(1);
        owners.forEach(Lease::close);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void aClaimOfAnotherHostHoldsUntilItExpires() throws Exception {
    java.nio.file.Path claim = anothers();
    age(claim, 50);
    assertThatThrownBy(() -> Lease.acquire(conf, place(), "training"))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("process 1 on far since 2026-01-01T00:00:00Z (training)")
        .hasMessageContaining("at once if you say --conf spark.tessera.takeOver=other");
    age(claim, 70);
    Lease.acquire(conf, place(), "training").close();
    assertThat(claim).doesNotExist();
  }

  private java.nio.file.Path anothers() throws IOException {
    java.nio.file.Path claim = dir.resolve("run").resolve(Lease.FOLDER).resolve("other.json");
    Files.createDirectories(claim.getParent());
    return Files.writeString(
        claim,
        "{\"id\":\"other\",\"host\":\"far\",\"machine\":\"x\",\"pid\":1,\"ticks\":0,"
            + "\"since\":\"2026-01-01T00:00:00Z\",\"doing\":\"training\"}");
  }

  @Test
  void lookingChangesNothing() throws Exception {
    java.nio.file.Path claim = anothers();
    age(claim, 50);
    assertThatThrownBy(() -> Lease.requireFree(conf, place()))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("process 1 on far");
    age(claim, 70);
    Lease.requireFree(conf, place());
    assertThat(claim).exists();
  }

  @Test
  void theWordTakesTheClaimThatItNamesAndNoOther() throws Exception {
    Process first = holder();
    try {
      assertThat(line(first)).isEqualTo("owned");
      String id = claims().get(0).replace(".json", "");
      Configuration wrong = new Configuration();
      wrong.set(Lease.TAKE_OVER, "0123456789ab");
      assertThatThrownBy(() -> Lease.acquire(wrong, place(), "training"))
          .hasMessageContaining("--conf spark.tessera.takeOver=" + id);
      Configuration right = new Configuration();
      right.set(Lease.TAKE_OVER, id);
      Lease.requireFree(right, place());
      try (Lease lease = Lease.acquire(right, place(), "training")) {
        lease.require();
        lease.require();
        assertThat(claims()).hasSize(1);
      }
    } finally {
      first.destroyForcibly().waitFor();
    }
  }

  /** Its claim comes back if it was being renewed when it was taken. */
  @Test
  void anOwnerThatRenewsWhileItIsTakenOverYields() throws Exception {
    Duration never = Duration.ofHours(1);
    Duration expires = Duration.ofSeconds(60);
    try (Lease old = Lease.acquire(conf, place(), "training", expires, Duration.ofMillis(200))) {
      java.nio.file.Path claim = java.nio.file.Path.of(old.file().toUri().getPath());
      Configuration right = new Configuration();
      right.set(Lease.TAKE_OVER, old.file().getName().replace(".json", ""));
      byte[] written = Files.readAllBytes(claim);
      try (Lease lease = Lease.acquire(right, place(), "training", expires, never)) {
        Files.write(claim, written);
        await(() -> !Files.exists(claim));
        assertThatThrownBy(old::require).hasMessageContaining("now process ");
        lease.require();
      }
    }
  }

  private static void age(java.nio.file.Path claim, int seconds) throws IOException {
    Files.setLastModifiedTime(
        claim, FileTime.from(Instant.now().minus(Duration.ofSeconds(seconds))));
  }

  @Test
  void anOwnerWhoseClaimIsTakenStopsAndOneThatLivesIsRenewed() throws Exception {
    Duration expires = Duration.ofSeconds(60);
    Duration renewed = Duration.ofMillis(50);
    try (Lease lease = Lease.acquire(conf, place(), "training", expires, renewed)) {
      java.nio.file.Path claim = java.nio.file.Path.of(lease.file().toUri().getPath());
      age(claim, 50);
      await(
          () ->
              Files.getLastModifiedTime(claim).toInstant().isAfter(Instant.now().minusSeconds(20)));
      lease.require();
      Files.delete(claim);
      await(
          () -> {
            try {
              lease.require();
              return false;
            } catch (InvalidDatasetException e) {
              return e.getMessage().contains("its claim was removed");
            }
          });
      assertThat(claim).doesNotExist();
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }
}
