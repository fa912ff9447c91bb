package dev.tessera.spark.barrier;

import dev.tessera.spark.barrier.Workers.Worker;
import dev.tessera.spark.device.GpuSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/**
 * How many task slots a standalone cluster can give an application at most: its workers against
 * what the application asks for. Executors are placed as Spark's master places them.
 *
 * @param executorCores cores of an executor, empty for all that its worker gives it
 * @param mebibytes memory of an executor
 * @param coresMax cores in all
 * @param taskGpus whole GPUs of a task, 0 without
 * @param executorGpus GPUs of an executor
 */
record ClusterRoom(
    Workers workers,
    int taskCpus,
    OptionalInt executorCores,
    long mebibytes,
    OptionalInt coresMax,
    int taskGpus,
    int executorGpus) {

  /** Asks the master; empty where nobody tells. */
  static Optional<ClusterRoom> ask(SparkContext spark) {
    return Workers.ask(spark).map(workers -> of(workers, spark.getConf(), spark.executorMemory()));
  }

  static ClusterRoom of(Workers workers, SparkConf conf, long mebibytes) {
    return new ClusterRoom(
        workers,
        Math.max(1, conf.getInt("spark.task.cpus", 1)),
        optional(conf, "spark.executor.cores"),
        mebibytes,
        optional(conf, "spark.cores.max"),
        GpuSettings.ofTask(conf),
        GpuSettings.ofExecutor(conf));
  }

  private static OptionalInt optional(SparkConf conf, String key) {
    return conf.contains(key) ? OptionalInt.of(conf.getInt(key, 1)) : OptionalInt.empty();
  }

  /** Slots if no other application were there. */
  int slots() {
    return slots(mebibytes, coresMax.orElse(Integer.MAX_VALUE));
  }

  /** As if each worker had all the GPUs that are asked for. */
  private int slotsOfCores() {
    return new ClusterRoom(workers, taskCpus, executorCores, mebibytes, coresMax, 0, 0).slots();
  }

  private int slots(long memory, int most) {
    return executorCores.isPresent()
        ? slotsOfEqual(executorCores.getAsInt(), memory, most)
        : slotsOfWhole(memory, most);
  }

  /** Tasks of an executor. */
  private int tasks(int cores) {
    int byCores = cores / taskCpus;
    return taskGpus == 0 ? byCores : Math.min(byCores, executorGpus / taskGpus);
  }

  private boolean hasGpus(Worker worker) {
    return worker.gpus() >= executorGpus;
  }

  private int slotsOfEqual(int cores, long memory, int most) {
    int left = most;
    int executors = 0;
    for (Worker worker : workers.alive()) {
      long byMemory = memory == 0 ? Integer.MAX_VALUE : worker.mebibytes() / memory;
      long byGpus = executorGpus == 0 ? Integer.MAX_VALUE : worker.gpus() / executorGpus;
      long byAll = Math.min(Math.min(worker.cores() / cores, byMemory), byGpus);
      int here = (int) Math.min(byAll, left / cores);
      executors += here;
      left -= here * cores;
    }
    return executors * tasks(cores);
  }

  /** One executor a worker; cores are dealt in turn, so that few of them are spread thin. */
  private int slotsOfWhole(long memory, int most) {
    List<Worker> fit =
        workers.alive().stream().filter(w -> w.mebibytes() >= memory && hasGpus(w)).toList();
    int[] dealt = new int[fit.size()];
    int left = most;
    boolean some = true;
    while (some && left > 0) {
      some = false;
      for (int i = 0; i < dealt.length && left > 0; i++) {
        if (dealt[i] < fit.get(i).cores()) {
          dealt[i]++;
          left--;
          some = true;
        }
      }
    }
    return Arrays.stream(dealt).map(this::tasks).sum();
  }

  /**
   * Why there are fewer slots than ranks, and what changes that.
   *
   * @param there slots of the executors that came
   */
  String tooFew(int ranks, int there) {
    String need = ranks + " ranks need " + ranks + " task slots and ";
    String has = "the cluster has " + workers;
    int most = slots();
    if (most < ranks) {
      return need + "the cluster can give " + most + ": it has " + workers + ", and " + why(ranks);
    }
    return need
        + "there are "
        + there
        + ": "
        + has
        + ", which would do, and free are "
        + workers.free()
        + ": end the applications that hold the rest, raise spark.tessera.slotsWait, or ask for at"
        + " most "
        + Math.max(1, there)
        + " ranks";
  }

  /** Cores and memory would do. */
  private String whyGpus() {
    if (executorGpus > workers.mostGpus()) {
      String asks = "spark.executor.resource.gpu.amount=" + executorGpus;
      return workers.mostGpus() == 0
          ? asks
              + " asks for GPUs and no worker offers one: start workers with"
              + " -Dspark.worker.resource.gpu.amount and its discoveryScript in SPARK_WORKER_OPTS"
          : asks + " is more than any worker's: lower it to at most " + workers.mostGpus();
    }
    if (executorGpus < taskGpus) {
      return "spark.task.resource.gpu.amount="
          + taskGpus
          + " is more than spark.executor.resource.gpu.amount="
          + executorGpus
          + ": raise the latter";
    }
    return "its GPUs are what is missing, "
        + taskGpus
        + (taskGpus == 1 ? " for each rank" : " for each rank (spark.task.resource.gpu.amount)")
        + ": ask for at most "
        + Math.max(1, slots())
        + " ranks (ranks.count), give executors all GPUs of a worker"
        + " (spark.executor.resource.gpu.amount), or add workers with GPUs";
  }

  private String why(int ranks) {
    if (mebibytes > workers.mostMebibytes()) {
      return "spark.executor.memory asks for "
          + mebibytes
          + " MiB, more than any worker's: lower it to at most "
          + workers.mostMebibytes()
          + "m";
    }
    int cores = executorCores.orElse(workers.mostCores());
    if (cores > workers.mostCores()) {
      return "spark.executor.cores="
          + cores
          + " is more than any worker's: lower it to at most "
          + workers.mostCores()
          + (taskCpus > workers.mostCores() ? ", and spark.task.cpus=" + taskCpus + " too" : "");
    }
    if (taskCpus > cores) {
      return "spark.task.cpus="
          + taskCpus
          + " is more than any executor's cores: lower it to "
          + cores;
    }
    if (slotsOfCores() >= ranks) {
      return whyGpus();
    }
    if (slots(mebibytes, Integer.MAX_VALUE) >= ranks) {
      return "spark.cores.max="
          + coresMax.orElse(0)
          + " is what keeps the rest away: raise it to "
          + ranks * executorCores.orElse(taskCpus);
    }
    if (slots(0, coresMax.orElse(Integer.MAX_VALUE)) >= ranks) {
      return "executors of "
          + mebibytes
          + " MiB fill their memory first: lower spark.executor.memory";
    }
    return "its cores are what is missing: ask for at most "
        + Math.max(1, slots())
        + " ranks (ranks.count)"
        + (taskCpus > 1 ? ", lower spark.task.cpus=" + taskCpus + " and spark.executor.cores" : "")
        + ", or add workers";
  }
}
