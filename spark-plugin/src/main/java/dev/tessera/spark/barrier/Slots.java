package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.device.GpuSettings;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The arithmetic of task slots that an application's settings imply: a rank is a task, and a gang
 * starts only when each has a slot.
 *
 * @param total slots in all, empty where the settings do not say
 * @param perExecutor tasks an executor runs at a time, empty where the settings do not say
 * @param words the arithmetic, for messages
 * @param remedy the setting that gives more slots
 */
public record Slots(OptionalInt total, OptionalInt perExecutor, String words, String remedy) {

  private static final String NO_SLOT =
      "set spark.task.cpus to at most spark.executor.cores, and spark.task.resource.gpu.amount to at"
          + " most spark.executor.resource.gpu.amount";

  private static final Pattern LOCAL = Pattern.compile("local\\[([0-9]+|\\*)(?:,[0-9]+)?]");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");

  /** Reads the settings. */
  public static Slots of(SparkConf conf) {
    String master = conf.get("spark.master", "");
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    Matcher local = LOCAL.matcher(master);
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (GpuSettings.isLocal(master)) {
      int cores = local.matches() ? localCores(local.group(1)) : 1;
      return slots(conf, 1, cores, taskCpus, "--master local[n]");
    }
    if (cluster.matches()) {
      int workers = Integer.parseInt(cluster.group(1));
      int workerCores = Integer.parseInt(cluster.group(2));
      int cores = conf.getInt("spark.executor.cores", workerCores);
      if (cores > workerCores) {
        return new Slots(
            OptionalInt.of(0),
            OptionalInt.empty(),
            "spark.executor.cores=" + cores + " and workers of " + workerCores + " cores",
            "the second number of --master local-cluster[executors,cores,MiB]");
      }
      int executors = workers * (workerCores / Math.max(1, cores));
      return slots(conf, executors, cores, taskCpus, "--master local-cluster[executors,cores,MiB]");
    }
    if (master.startsWith("spark://")) {
      int total = conf.getInt("spark.cores.max", -1);
      if (!conf.contains("spark.executor.cores")) {
        return wholeWorkers(conf, total, taskCpus);
      }
      int cores = conf.getInt("spark.executor.cores", 1);
      return slots(conf, total < 0 ? -1 : total / cores, cores, taskCpus, "spark.cores.max");
    }
    return slots(
        conf,
        conf.getInt("spark.executor.instances", 2),
        conf.getInt("spark.executor.cores", 1),
        taskCpus,
        "spark.executor.instances or spark.executor.cores");
  }

  /**
   * Refuses a gang that can never start.
   *
   * @throws UserException with the arithmetic and the setting to change
   */
  public void require(int ranks) {
    if (perExecutor.isPresent() && perExecutor.getAsInt() == 0) {
      throw new UserException(
          ranks
              + " ranks need "
              + ranks
              + " task slots and no executor has one ("
              + words
              + "): "
              + NO_SLOT);
    }
    if (total.isPresent() && total.getAsInt() < ranks) {
      throw tooFew(ranks, total.getAsInt());
    }
  }

  /**
   * A sentence where ranks may share an executor: libtorch's threads belong to the process, and a
   * second rank there runs several times slower.
   */
  public Optional<String> warning(int ranks) {
    if (ranks == 1 || perExecutor.orElse(2) <= 1) {
      return Optional.empty();
    }
    return Optional.of(
        "several ranks may share an executor and slow each other down: set spark.task.cpus to"
            + " spark.executor.cores, so that each has one of its own");
  }

  UserException tooFew(int ranks, int there) {
    if (there < total.orElse(Integer.MAX_VALUE)) {
      return new UserException(
          ranks
              + " ranks need "
              + ranks
              + " task slots and executors came for "
              + there
              + " (asked for: "
              + words
              + "): see the cluster manager's page for why the rest did not, or ask for at most "
              + Math.max(1, there)
              + " ranks");
    }
    return new UserException(
        ranks
            + " ranks need "
            + ranks
            + " task slots and there are "
            + there
            + " ("
            + words
            + "): raise "
            + remedy
            + ", or ask for at most "
            + Math.max(1, there)
            + " ranks");
  }

  private static Slots slots(
      SparkConf conf, int executors, int cores, int taskCpus, String remedy) {
    int byCores = cores / Math.max(1, taskCpus);
    int taskGpus = GpuSettings.ofTask(conf);
    int executorGpus = GpuSettings.ofExecutor(conf);
    int perExecutor = taskGpus < 1 ? byCores : Math.min(byCores, executorGpus / taskGpus);
    String words =
        (executors < 0 ? "executors as many as the cluster gives" : executors + " executors")
            + " x "
            + cores
            + " cores / spark.task.cpus="
            + taskCpus
            + gpuWords(taskGpus, executorGpus);
    return new Slots(
        executors < 0 && perExecutor > 0
            ? OptionalInt.empty()
            : OptionalInt.of(Math.max(0, executors) * perExecutor),
        OptionalInt.of(perExecutor),
        words,
        remedy);
  }

  /**
   * A standalone cluster gives an executor all cores of its worker, whose number nobody told us.
   */
  private static Slots wholeWorkers(SparkConf conf, int cores, int taskCpus) {
    int taskGpus = GpuSettings.ofTask(conf);
    int executorGpus = GpuSettings.ofExecutor(conf);
    return new Slots(
        cores < 0 ? OptionalInt.empty() : OptionalInt.of(cores / Math.max(1, taskCpus)),
        executorGpus < taskGpus ? OptionalInt.of(0) : OptionalInt.empty(),
        (cores < 0 ? "executors as large as the cluster's workers" : cores + " cores in all")
            + " / spark.task.cpus="
            + taskCpus
            + gpuWords(taskGpus, executorGpus),
        "spark.cores.max");
  }

  private static String gpuWords(int task, int executor) {
    return task < 1 ? "" : ", " + executor + " GPUs an executor, " + task + " a task";
  }

  private static int localCores(String text) {
    return text.equals("*") ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(text);
  }
}
