package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.TesseraSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** A gang with Spark's authentication and encryption, on ports of a range. */
class EncryptedGangIT {

  @Test
  void ranksDeriveTheirSecretAndMeetOnTheRangesPorts() {
    SparkConf conf =
        LocalCluster.conf(EncryptedGangIT.class)
            .set("spark.authenticate", "true")
            .set("spark.authenticate.secret", "known to this test alone")
            .set("spark.network.crypto.enabled", "true")
            .set("spark.tessera.requireEncryption", "true")
            .set("spark.tessera.port", "24700-24799");
    List<RankPlace> met = new ArrayList<>();
    GangListener heard =
        new GangListener() {
          @Override
          public void onAttempt(int attempt, List<RankPlace> places) {
            met.addAll(places);
          }
        };
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      List<Float> sums =
          Gang.run(
              spark,
              GangSpec.of("test", 2, Algorithm.RING, TesseraSettings.from(conf)),
              attempt -> EncryptedGangIT::sum,
              heard);

      assertThat(sums).containsExactly(3f, 3f);
      assertThat(GangSecret.toSend()).isEmpty();
      assertThat(met).hasSize(2).allMatch(place -> place.port() >= 24700 && place.port() <= 24799);
    }
  }

  private static float sum(RankContext context) {
    Memory memory = new Memory(Float.BYTES);
    memory.setFloat(0, context.rank() + 1);
    context.collective().allReduce(FloatMemory.host(Pointer.nativeValue(memory), 1));
    return memory.getFloat(0);
  }
}
