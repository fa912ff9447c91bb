package dev.tessera.datasets.lease;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write to a folder, held by one process at a time and renewed while it lives.
 *
 * <p>A claim is a file of the claimant's own below {@code _owner}. Who has written one lists the
 * folder; whoever finds another's there that is neither expired nor of a dead process takes the own
 * one back. Of two that claim at once at least the later sees the earlier, so never both hold, on
 * any file system whose listings show what was written: no rename or exclusive creation is needed,
 * which object stores lack. Ages are differences of the file system's own times, so clocks of hosts
 * need not agree.
 */
public final class Lease implements AutoCloseable {

  /** The folder of claims, below the folder that is owned. */
  public static final String FOLDER = "_owner";

  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration EXPIRES = Duration.ofSeconds(60);
  private static final Duration RENEWED = Duration.ofSeconds(10);
  private static final int TRIES = 6;

  /** Before Hadoop closes its file systems. */
  private static final int HOOK_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 5;

  private final FileSystem fs;
  private final Path folder;
  private final Owner owner;
  private final Duration expires;
  private final Runnable hook = this::release;
  private final ScheduledExecutorService renewing =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "tessera-lease");
            thread.setDaemon(true);
            return thread;
          });
  private volatile String lost;
  private boolean released;

  private Lease(FileSystem fs, Path folder, Owner owner, Duration expires) {
    this.fs = fs;
    this.folder = folder;
    this.owner = owner;
    this.expires = expires;
  }

  /**
   * Takes a folder, which need not exist.
   *
   * @param doing what the owner does, for those who are refused
   * @throws InvalidDatasetException if another process owns it, or claims cannot be written
   */
  public static Lease acquire(Configuration conf, Path folder, String doing) {
    return acquire(conf, folder, doing, EXPIRES, RENEWED);
  }

  static Lease acquire(
      Configuration conf, Path folder, String doing, Duration expires, Duration renewed) {
    try {
      FileSystem fs = plain(folder.getFileSystem(conf));
      Lease lease = new Lease(fs, folder, Owner.here(doing), expires);
      lease.claim();
      lease.renewing.scheduleWithFixedDelay(
          lease::renew, renewed.toMillis(), renewed.toMillis(), TimeUnit.MILLISECONDS);
      ShutdownHookManager.get().addShutdownHook(lease.hook, HOOK_PRIORITY);
      return lease;
    } catch (IOException e) {
      throw IoFailure.of(
          "Cannot write to " + folder + " (" + e.getMessage() + "): choose another output", e);
    }
  }

  /**
   * Refuses a folder that another process owns now, without writing.
   *
   * @throws InvalidDatasetException naming the owner
   */
  public static void requireFree(Configuration conf, Path folder) throws IOException {
    FileSystem fs = plain(folder.getFileSystem(conf));
    Lease looking = new Lease(fs, folder, Owner.here("looking"), EXPIRES);
    looking.renewing.shutdown();
    Other other = looking.other(System.currentTimeMillis());
    if (other != null) {
      throw looking.refusal(other);
    }
  }

  /** The name of this host, as owners are told. */
  public static String host() {
    return Owner.hostName();
  }

  /** The claim's file, which exists while the lease is held: its name is random. */
  public Path file() {
    return new Path(new Path(folder, FOLDER), owner.id() + ".json");
  }

  /**
   * @throws InvalidDatasetException if another has taken the folder since
   */
  public void require() {
    if (lost != null) {
      throw new InvalidDatasetException(lost);
    }
  }

  /** Gives the folder back. Never throws: a claim that stays expires. */
  @Override
  public void close() {
    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(hook);
    }
    release(); // Whoever comes first, this or the hook: what follows here finds the claim gone.
  }

  private synchronized void release() {
    if (released) {
      return;
    }
    released = true;
    renewing.shutdownNow();
    try {
      fs.delete(file(), false);
      Path claims = new Path(folder, FOLDER);
      if (fs.exists(claims) && fs.listStatus(claims).length == 0) {
        fs.delete(claims, false);
      }
    } catch (IOException e) {
      LOG.warn("Cannot remove {}: it expires by itself", file(), e);
    }
  }

  private void claim() throws IOException {
    boolean held = false;
    try {
      for (int round = 1; ; round++) {
        write();
        Other other = other(fs.getFileStatus(file()).getModificationTime());
        if (other == null) {
          held = true;
          return;
        }
        fs.delete(file(), false);
        if (round == TRIES || other.settled) {
          throw refusal(other);
        }
        // Two that came at once have both stepped back: who waits longer finds the other there.
        pause();
      }
    } finally {
      if (!held) {
        renewing.shutdownNow();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(20, 400));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void write() throws IOException {
    try (FSDataOutputStream out = fs.create(file(), true)) {
      out.write(JSON.writeValueAsBytes(owner));
    }
  }

  private synchronized void renew() {
    if (released || lost != null) {
      return;
    }
    try {
      if (!fs.exists(file())) {
        Other other = other(System.currentTimeMillis());
        lost =
            folder
                + " is not this process's any more: "
                + (other == null ? "its claim was removed" : "now " + other.text + " writes to it")
                + ". Nothing more is written; go on with another folder, or when that one has ended.";
        return;
      }
      write();
    } catch (IOException e) {
      LOG.warn("Cannot renew the claim {}", file(), e);
    }
  }

  /**
   * @param text who it is
   * @param settled whether it stays there, as one that is merely claiming may not
   */
  private record Other(String text, long age, boolean settled) {}

  /** Another's claim that holds, or null. Removes those that do not. */
  private Other other(long now) throws IOException {
    FileStatus[] claims;
    try {
      claims = fs.listStatus(new Path(folder, FOLDER));
    } catch (FileNotFoundException e) {
      return null;
    }
    for (FileStatus claim : claims) {
      if (claim.getPath().getName().equals(file().getName())) {
        continue;
      }
      long age = now - claim.getModificationTime();
      Owner other = read(claim.getPath());
      if ((other != null && other.isDead()) || age > expires.toMillis()) {
        LOG.warn("{} was left by {}", folder, other == null ? "a dead process" : other.where());
        fs.delete(claim.getPath(), false);
      } else if (fs.exists(claim.getPath())) {
        String text = other == null ? "a process that is just beginning" : other.where();
        return new Other(text, Math.max(0, age), age > Duration.ofSeconds(3).toMillis());
      }
    }
    return null;
  }

  private InvalidDatasetException refusal(Other other) {
    return new InvalidDatasetException(
        String.format(
            Locale.ROOT,
            "%s is being written by %s, heard of %d s ago: wait for its end or choose another"
                + " folder; if it is gone, the folder is free %d s after it was last heard of, or when"
                + " you remove %s",
            folder,
            other.text,
            other.age / 1000,
            expires.toSeconds(),
            new Path(folder, FOLDER)));
  }

  /** Null while its writer is at it, or when it has just been removed. */
  private Owner read(Path claim) {
    for (int round = 0; round < 3; round++) {
      try (FSDataInputStream in = fs.open(claim)) {
        return JSON.readValue(in.readAllBytes(), Owner.class);
      } catch (IOException e) {
        if (e instanceof FileNotFoundException) {
          return null;
        }
        try {
          Thread.sleep(20);
        } catch (InterruptedException interrupt) {
          Thread.currentThread().interrupt();
          return null;
        }
      }
    }
    return null;
  }

  private static FileSystem plain(FileSystem files) {
    return files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
  }
}
