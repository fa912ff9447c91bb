package dev.tessera.jobs.doctor;

import dev.tessera.models.UserException;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangException;
import dev.tessera.spark.barrier.GangListener;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.barrier.RankContext;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.RetryPolicy;
import dev.tessera.spark.settings.TesseraSettings;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A gang in every slot that does nothing but meet: what keeps executors from talking to each other
 * shows here, not an hour into a run.
 */
final class GangProbe {

  private GangProbe() {}

  /** An obstacle's sentence, or empty when all ranks met. */
  static String run(JavaSparkContext spark, int ranks) {
    TesseraSettings settings = TesseraSettings.from(spark.getConf()).withRetry(RetryPolicy.never());
    GangSpec spec = GangSpec.of("doctor", ranks, Algorithm.RING, settings);
    try {
      Gang.<Integer>run(spark, spec, attempt -> GangProbe::meet, GangListener.silent());
      return "";
    } catch (UserException | GangException e) {
      return e.getMessage();
    }
  }

  private static Integer meet(RankContext context) {
    context.collective().barrier();
    return context.rank();
  }
}
