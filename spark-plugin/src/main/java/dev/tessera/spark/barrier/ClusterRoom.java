package dev.tessera.spark.barrier;

import dev.tessera.spark.barrier.Workers.Worker;
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
 */
record ClusterRoom(
    Workers workers,
    int taskCpus,
    OptionalInt executorCores,
    long mebibytes,
    OptionalInt coresMax) {

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
        optional(conf, "spark.cores.max"));
  }

  private static OptionalInt optional(SparkConf conf, String key) {
    return conf.contains(key) ? OptionalInt.of(conf.getInt(key, 1)) : OptionalInt.empty();
  }

  /** Slots if no other application were there. */
  int slots() {
    return slots(mebibytes, coresMax.orElse(Integer.MAX_VALUE));
  }

  private int slots(long memory, int most) {
    return executorCores.isPresent()
        ? slotsOfEqual(executorCores.getAsInt(), memory, most)
        : slotsOfWhole(memory, most);
  }

  private int slotsOfEqual(int cores, long memory, int most) {
    int left = most;
    int executors = 0;
    for (Worker worker : workers.alive()) {
      long byMemory = memory == 0 ? Integer.MAX_VALUE : worker.mebibytes() / memory;
      int here = (int) Math.min(Math.min(worker.cores() / cores, byMemory), left / cores);
      executors += here;
      left -= here * cores;
    }
    return executors * (cores / taskCpus);
  }

  /** One executor a worker; cores are dealt in turn, so that few of them are spread thin. */
  private int slotsOfWhole(long memory, int most) {
    List<Worker> fit = workers.alive().stream().filter(w -> w.mebibytes() >= memory).toList();
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
    return Arrays.stream(dealt).map(cores -> cores / taskCpus).sum();
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
