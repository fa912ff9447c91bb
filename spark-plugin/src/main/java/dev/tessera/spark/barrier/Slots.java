package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.device.GpuSettings;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The arithmetic of task slots that an application's settings imply: a rank is a task, and a gang
 * starts only when each has a slot.
 *
 * @param executors executors of the application, or -1 where the settings do not say
 * @param perExecutor tasks an executor runs at a time
 * @param words the arithmetic, for messages
 * @param remedy the setting that gives more slots
 */
public record Slots(int executors, int perExecutor, String words, String remedy) {

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
      int executors = workers * Math.max(1, workerCores / Math.max(1, cores));
      return slots(conf, executors, cores, taskCpus, "--master local-cluster[executors,cores,MiB]");
    }
    if (master.startsWith("spark://")) {
      int cores = conf.getInt("spark.executor.cores", 1);
      int total = conf.getInt("spark.cores.max", -1);
      return slots(conf, total < 0 ? -1 : total / cores, cores, taskCpus, "spark.cores.max");
    }
    return slots(
        conf,
        conf.getInt("spark.executor.instances", 2),
        conf.getInt("spark.executor.cores", 1),
        taskCpus,
        "spark.executor.instances or spark.executor.cores");
  }

  /** Slots in all, where the settings say. */
  public OptionalInt total() {
    return executors < 0 ? OptionalInt.empty() : OptionalInt.of(executors * perExecutor);
  }

  /**
   * Refuses a gang that can never start.
   *
   * @throws UserException with the arithmetic and the setting to change
   */
  public void require(int ranks) {
    if (perExecutor == 0 || (executors >= 0 && executors * perExecutor < ranks)) {
      throw tooFew(ranks, Math.max(0, executors) * perExecutor);
    }
  }

  UserException tooFew(int ranks, int there) {
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
    int taskGpus = (int) conf.getDouble("spark.task.resource.gpu.amount", 0);
    int executorGpus = conf.getInt("spark.executor.resource.gpu.amount", 0);
    int perExecutor = taskGpus < 1 ? byCores : Math.min(byCores, executorGpus / taskGpus);
    String words =
        (executors < 0 ? "executors as many as the cluster gives" : executors + " executors")
            + " x "
            + cores
            + " cores / spark.task.cpus="
            + taskCpus
            + (taskGpus < 1
                ? ""
                : ", " + executorGpus + " GPUs an executor, " + taskGpus + " a task");
    return new Slots(executors, perExecutor, words, remedy);
  }

  private static int localCores(String text) {
    return text.equals("*") ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(text);
  }
}
