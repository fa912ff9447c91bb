package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;

/** Who sends what to whom, for two ranks or more. */
sealed interface Schedule permits RingSchedule, TreeSchedule {

  static Schedule of(Algorithm algorithm) {
    return switch (algorithm) {
      case RING, NCCL -> new RingSchedule();
      case TREE -> new TreeSchedule();
    };
  }

  void allReduce(Call call, FloatMemory memory);

  void reduceScatter(Call call, FloatMemory memory);

  void allGather(Call call, FloatMemory memory);
}
