package dev.tessera.spark.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSError;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Runs table tasks as one Spark stage. Rows never pass through the driver: a task returns only its
 * report, and Spark gives the driver exactly one report for each share, whatever was retried.
 */
public final class TableStage {

  private static final Duration STOP = Duration.ofSeconds(2);

  /** Of the lasting reasons, those that no read has. */
  private static final List<String> WRITES =
      List.of("no space left", "quota", "read-only file system");

  private TableStage() {}

  /**
   * Runs {@code task} on every share, one Spark task each.
   *
   * @return the reports in the order of the shares
   * @throws InvalidDatasetException or {@link UserException} as a task threw it
   */
  public static <S extends Serializable, T extends Serializable> List<T> run(
      SparkSession spark, String description, List<S> shares, TableTask<S, T> task) {
    return run(spark, description, List.of(), shares, task);
  }

  /**
   * As above.
   *
   * @param inputs what the driver has read and every executor must read the same
   * @throws UserException too if an executor sees other files
   */
  public static <S extends Serializable, T extends Serializable> List<T> run(
      SparkSession spark,
      String description,
      List<SharedFile> inputs,
      List<S> shares,
      TableTask<S, T> task) {
    ArrayList<SharedFile> seen = new ArrayList<>(inputs);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    SerializableConfiguration conf =
        new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
    context.setJobGroup("tessera-table", description, true);
    try {
      return context
          .parallelize(shares, Math.max(1, shares.size()))
          .map(share -> runOne(share, seen, task, conf))
          .collect();
    } catch (Exception e) {
      awaitStop(context);
      throw cause(e);
    } finally {
      context.clearJobGroup();
    }
  }

  /**
   * Where the session is being stopped under the stage, its executors first: a task that still runs
   * would make anew what the caller is about to take away. The caller cleans up on this thread, so
   * it must not stay interrupted: HDFS and object stores refuse such a thread.
   */
  private static void awaitStop(JavaSparkContext context) {
    if (!context.sc().isStopped()) {
      return;
    }
    boolean ignored = Thread.interrupted();
    long deadline = System.nanoTime() + STOP.toNanos();
    while (stopping() && System.nanoTime() < deadline) {
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException e) {
        // As above.
      }
    }
  }

  /** Executors of local-cluster are processes below this one, and outlive the session's own end. */
  private static boolean stopping() {
    return SparkEnv.get() != null || ProcessHandle.current().descendants().findAny().isPresent();
  }

  /** Tasks that can run at a time on the executors there are. */
  public static int slots(SparkSession spark) {
    int cores = spark.sparkContext().defaultParallelism();
    return Math.max(1, cores / spark.sparkContext().conf().getInt("spark.task.cpus", 1));
  }

  private static <S extends Serializable, T extends Serializable> T runOne(
      S share, List<SharedFile> inputs, TableTask<S, T> task, SerializableConfiguration conf)
      throws Exception {
    inputs.forEach(file -> file.require(conf.value(), SharedFile.executor()));
    try (TaskTables tables = new TaskTables(conf.value(), TaskContext.get())) {
      return runOne(share, task, tables);
    }
  }

  /**
   * A full disk comes as an Error of Hadoop's or deep in an exception of Parquet's. What a read may
   * say too, a missing file or permission, keeps the sentence it has.
   */
  private static <S extends Serializable, T extends Serializable> T runOne(
      S share, TableTask<S, T> task, TaskTables tables) throws Exception {
    try {
      return task.run(share, tables);
    } catch (InvalidDatasetException | UserException e) {
      throw e;
    } catch (Exception | FSError e) {
      IOException lasting = tables.names().isEmpty() ? null : refused(e, new HashSet<>());
      if (lasting != null) {
        throw new InvalidDatasetException(
            "Cannot write "
                + String.join(" and ", tables.names())
                + " ("
                + lasting.getMessage()
                + "): make room or mend the path, or choose another output",
            e);
      }
      throw e;
    }
  }

  /** What only a write meets, in the chain of causes, or null. */
  private static IOException refused(Throwable thrown, Set<Throwable> seen) {
    if (thrown == null || !seen.add(thrown)) {
      return null;
    }
    if (thrown instanceof IOException io && isRefusedWrite(io)) {
      return io;
    }
    IOException cause = refused(thrown.getCause(), seen);
    for (Throwable suppressed : thrown.getSuppressed()) {
      cause = cause == null ? refused(suppressed, seen) : cause;
    }
    return cause;
  }

  private static boolean isRefusedWrite(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return IoFailure.lasts(failure) && WRITES.stream().anyMatch(message::contains);
  }

  /** The task's own sentence, if it had one, instead of Spark's pages. */
  private static RuntimeException cause(Exception failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable t = failure; t != null && !chain.contains(t); t = t.getCause()) {
      chain.add(t);
      if (t instanceof InvalidDatasetException) {
        return new InvalidDatasetException(t.getMessage(), failure);
      }
      if (t instanceof UserException) {
        return new UserException(t.getMessage(), failure);
      }
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("The Spark stage failed: " + failure.getMessage(), failure);
  }
}
