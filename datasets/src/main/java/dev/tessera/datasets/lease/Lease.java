package dev.tessera.datasets.lease;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
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
 * which object stores lack. Of several that claim at once the one with the least id waits until the
 * others have stepped back. Ages are differences of the file system's own times, so clocks of hosts
 * need not agree.
 */
public final class Lease implements AutoCloseable {

  /** The folder of claims, below the folder that is owned. */
  public static final String FOLDER = "_owner";

  /** The key of the settings that names a claim to take over, its id. */
  public static final String TAKE_OVER = "spark.tessera.takeOver";

  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration EXPIRES = Duration.ofSeconds(60);
  private static final Duration RENEWED = Duration.ofSeconds(10);
  private static final int TRIES = 6;

  /** A claim that nobody has held for so long is of one that died, or stands still, claiming. */
  private static final Duration CLAIMING = Duration.ofSeconds(3);

  /** Clocks that differ by more say nothing of an age. */
  private static final Duration SKEW = Duration.ofSeconds(10);

  /** Before Hadoop closes its file systems. */
  private static final int HOOK_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 5;

  private final FileSystem fs;
  private final Path folder;
  private final String taken;
  private final Duration expires;
  private final Runnable hook = this::release;
  private final ScheduledExecutorService renewing =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "tessera-lease");
            thread.setDaemon(true);
            return thread;
          });
  private final Set<String> displaced = new TreeSet<>();
  private volatile Owner owner;
  private volatile String lost;
  private ScheduledFuture<?> renewals;
  private boolean released;

  private Lease(FileSystem fs, Path folder, Owner owner, String taken, Duration expires) {
    this.fs = fs;
    this.folder = folder;
    this.owner = owner;
    this.taken = taken;
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
      Lease lease = new Lease(fs, folder, Owner.here(doing), conf.get(TAKE_OVER, ""), expires);
      lease.begin(renewed);
      return lease;
    } catch (IOException e) {
      throw IoFailure.of(
          "Cannot write to " + folder + " (" + e.getMessage() + "): choose another output", e);
    }
  }

  /**
   * Refuses a folder that another process owns now, without writing: before much else is done. By
   * this host's clock, so only {@link #acquire} is sure.
   *
   * @throws InvalidDatasetException naming the owner
   */
  public static void requireFree(Configuration conf, Path folder) throws IOException {
    FileSystem fs = plain(folder.getFileSystem(conf));
    Lease looking = new Lease(fs, folder, Owner.here("looking"), conf.get(TAKE_OVER, ""), EXPIRES);
    looking.renewing.shutdown();
    for (Claim claim : looking.claims(System.currentTimeMillis())) {
      if (looking.stands(claim) && claim.isSettled() && claim.age > -SKEW.toMillis()) {
        throw looking.refusal(claim);
      }
    }
  }

  private void begin(Duration renewed) throws IOException {
    boolean held = false;
    try {
      claim();
      renewals =
          renewing.scheduleWithFixedDelay(
              this::renew, renewed.toMillis(), renewed.toMillis(), TimeUnit.MILLISECONDS);
      ShutdownHookManager.get().addShutdownHook(hook, HOOK_PRIORITY);
      held = true;
    } finally {
      if (!held) {
        withdraw();
      }
    }
  }

  /** As {@link #release}, of an interrupted thread too: a claim that stays blocks the folder. */
  private void withdraw() {
    boolean interrupted = Thread.interrupted();
    release();
    if (interrupted) {
      Thread.currentThread().interrupt();
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

  /**
   * As {@link #require}, of the claim as it is now: a process that was stopped for long has not
   * looked since.
   */
  void requireNow() {
    renew();
    require();
  }

  /** Random; no two claims have the same. */
  String id() {
    return owner.id();
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
    if (renewals != null) {
      renewals.cancel(false);
    }
    renewing.shutdownNow();
    try {
      fs.delete(file(), false);
      Path claims = new Path(folder, FOLDER);
      if (fs.exists(claims) && fs.listStatus(claims).length == 0) {
        fs.delete(claims, false);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot remove {}: it expires by itself", file(), e);
    }
  }

  private void claim() throws IOException {
    Claim other = contend();
    for (int round = 1; other != null; round++) {
      fs.delete(file(), false);
      if (round == TRIES || other.isSettled()) {
        throw refusal(other);
      }
      pause(20, 400);
      other = contend();
    }
    owner = owner.holding(List.copyOf(displaced));
    write();
  }

  /** Claims; null if nobody else does, or who has the better right. */
  private Claim contend() throws IOException {
    long deadline = System.nanoTime() + CLAIMING.toNanos();
    while (true) {
      write();
      List<Claim> others = standing(fs.getFileStatus(file()).getModificationTime());
      if (others.isEmpty()) {
        return null;
      }
      for (Claim other : others) {
        boolean before = other.id().compareTo(owner.id()) < 0;
        if (before || other.isSettled() || System.nanoTime() > deadline) {
          return other;
        }
      }
      pause(10, 60); // they see this claim and step back
    }
  }

  private static void pause(long least, long most) throws IOException {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(least, most));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void write() throws IOException {
    for (int round = 1; ; round++) {
      try (FSDataOutputStream out = fs.create(file(), true)) {
        out.write(JSON.writeValueAsBytes(owner));
        return;
      } catch (FileNotFoundException e) {
        // Who gave the place back has removed the folder just before the file was made in it.
        if (round == TRIES) {
          throw e;
        }
      }
    }
  }

  private synchronized void renew() {
    if (released || lost != null) {
      return;
    }
    try {
      boolean there = fs.exists(file());
      if (there) {
        write();
      }
      List<Claim> others = claims(System.currentTimeMillis());
      Optional<Claim> instead = others.stream().filter(this::displacedThis).findFirst();
      if (there && instead.isPresent()) {
        fs.delete(file(), false); // it was removed while it was being renewed
      }
      if (!there || instead.isPresent()) {
        lost =
            folder
                + " is not this process's any more: "
                + instead
                    .or(() -> others.stream().findFirst())
                    .map(other -> "now " + other.where() + " writes to it")
                    .orElse("its claim was removed")
                + ". Nothing more is written; go on with another folder, or when that one has ended.";
      }
    } catch (IOException e) {
      LOG.warn("Cannot renew the claim {}", file(), e);
    }
  }

  private boolean displacedThis(Claim other) {
    return other.owner != null
        && other.owner.held()
        && other.owner.displaced().contains(owner.id());
  }

  /**
   * Another's claim.
   *
   * @param owner null while its file is being written
   * @param age since it was written, milliseconds
   */
  private record Claim(Path file, Owner owner, long age) {

    String id() {
      String name = file.getName();
      return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    /** Whether it stays there, as one that is merely claiming may not. */
    boolean isSettled() {
      return (owner != null && owner.held()) || age > CLAIMING.toMillis();
    }

    String where() {
      return owner == null ? "a process that is just beginning" : owner.where();
    }
  }

  /** All claims but the own, whether or not they stand. */
  private List<Claim> claims(long now) throws IOException {
    FileStatus[] files;
    try {
      files = fs.listStatus(new Path(folder, FOLDER));
    } catch (FileNotFoundException e) {
      return List.of();
    }
    List<Claim> claims = new ArrayList<>();
    for (FileStatus file : files) {
      if (!file.getPath().getName().equals(file().getName())) {
        long age = now - file.getModificationTime();
        claims.add(new Claim(file.getPath(), read(file.getPath()), age));
      }
    }
    return claims;
  }

  /** Whether it is neither of a dead process, nor expired, nor to be taken over. */
  private boolean stands(Claim claim) {
    boolean dead = claim.owner != null && claim.owner.isDead();
    return !dead && claim.age <= expires.toMillis() && !claim.id().equals(taken);
  }

  /** Others' claims that stand; those that do not are removed. */
  private List<Claim> standing(long now) throws IOException {
    List<Claim> standing = new ArrayList<>();
    for (Claim claim : claims(now)) {
      if (!stands(claim)) {
        String how = claim.id().equals(taken) ? "is taken over from" : "was left by";
        LOG.warn("{} {} {}", folder, how, claim.where());
        displaced.add(claim.id());
        fs.delete(claim.file, false);
      } else if (fs.exists(claim.file)) {
        standing.add(claim);
      }
    }
    return standing;
  }

  private InvalidDatasetException refusal(Claim other) {
    return new InvalidDatasetException(
        String.format(
            Locale.ROOT,
            "%s is being written by %s, heard of %d s ago: wait for its end or choose another"
                + " folder; if it is gone, the folder is free %d s after it was last heard of, and at"
                + " once if you say --conf %s=%s",
            folder,
            other.where(),
            Math.max(0, other.age) / 1000,
            expires.toSeconds(),
            TAKE_OVER,
            other.id()));
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
