package dev.tessera.datasets.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A claim that could not be made sure of goes: it would keep its own maker away. */
class LeaseFailureTest {

  private final Configuration conf = new Configuration();
  @TempDir private java.nio.file.Path dir;

  @BeforeEach
  void store() {
    conf.setClass("fs.unsteady.impl", UnsteadyStore.class, FileSystem.class);
    UnsteadyStore.fails(0, 0);
  }

  private Path place() {
    return new Path("unsteady:" + dir.resolve("run"));
  }

  private void isFreeAfterFailure() {
    assertThatThrownBy(() -> Lease.acquire(conf, place(), "training"))
        .hasMessageContaining("503 slow down");
    assertThat(dir.resolve("run").resolve(Lease.FOLDER)).doesNotExist();
    Lease.acquire(conf, place(), "training").close();
  }

  @Test
  void aClaimWhoseRivalsCannotBeListedIsTakenBack() {
    UnsteadyStore.fails(1, 0);
    isFreeAfterFailure();
  }

  @Test
  void aClaimThatCannotBeMadeTheOwnersIsTakenBack() {
    UnsteadyStore.fails(0, 2);
    isFreeAfterFailure();
  }

  @Test
  void whoIsInterruptedWhileItWaitsTakesItsClaimBack() throws Exception {
    java.nio.file.Path claims = dir.resolve("run").resolve(Lease.FOLDER);
    java.nio.file.Path rival = claims.resolve("zzz.json");
    Files.createDirectories(claims);
    Files.writeString(
        rival,
        "{\"id\":\"zzz\",\"host\":\"far\",\"machine\":\"x\",\"pid\":1,\"ticks\":0,"
            + "\"since\":\"2026-01-01T00:00:00Z\",\"doing\":\"training\"}");
    UnsteadyStore.interrupts(1);
    assertThatThrownBy(() -> Lease.acquire(conf, place(), "training"))
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(claims.toFile().list()).containsExactly("zzz.json");
  }

  /** Local files of which one listing, or the making of one file, fails. */
  public static final class UnsteadyStore extends RawLocalFileSystem {
    private static final AtomicInteger listing = new AtomicInteger();
    private static final AtomicInteger interruption = new AtomicInteger();
    private static final AtomicInteger creation = new AtomicInteger();

    /** Which listing and which creation from now on, counted from 1; 0 for none. */
    static void fails(int listed, int created) {
      listing.set(listed);
      creation.set(created);
    }

    /** At which listing the thread is interrupted. */
    static void interrupts(int listed) {
      interruption.set(listed);
    }

    @Override
    public URI getUri() {
      return URI.create("unsteady:///");
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
      if (listing.getAndDecrement() == 1) {
        throw new IOException("503 slow down");
      }
      FileStatus[] listed = super.listStatus(path);
      if (interruption.getAndDecrement() == 1) {
        Thread.currentThread().interrupt();
      }
      return listed;
    }

    @Override
    public FSDataOutputStream create(Path path, boolean overwrite) throws IOException {
      if (creation.getAndDecrement() == 1) {
        throw new IOException("503 slow down");
      }
      return super.create(path, overwrite);
    }
  }
}
