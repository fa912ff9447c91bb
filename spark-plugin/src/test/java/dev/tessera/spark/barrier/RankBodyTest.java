package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.settings.TesseraSettings;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** What a rank proves to the others, from what it was told and set. */
class RankBodyTest {

  private static final byte[] SECRET = new byte[32];

  private static boolean seals(String setting, String... hosts) {
    SparkConf conf = new SparkConf(false).set("spark.tessera.encryption", setting);
    List<RankPlace> places =
        List.of(new RankPlace(0, 0, hosts[0], 7400, 1), new RankPlace(1, 1, hosts[1], 7401, 2));
    try (TcpListener listener = TcpListener.bind("127.0.0.1")) {
      RankPlan<String> plan =
          new RankPlan<>(
              new AttemptId("run", 3),
              2,
              false,
              Algorithm.RING,
              TesseraSettings.from(conf),
              context -> "");
      var identity =
          new RankBody<>(
                  plan,
                  new GangReply.Assigned(1, places, SECRET),
                  listener,
                  null,
                  new AbortSwitch())
              .identity();
      assertThat(identity.runId()).isEqualTo("run");
      assertThat(identity.attempt()).isEqualTo(3);
      assertThat(identity.secret()).isEqualTo(SECRET);
      return identity.sealed();
    }
  }

  @Test
  void itSealsAsItsSettingAndItsPeersPlacesSay() {
    assertThat(seals("true", "127.0.0.1", "127.0.0.1")).isTrue();
    assertThat(seals("false", "127.0.0.1", "192.0.2.7")).isFalse();
    assertThat(seals("auto", "127.0.0.1", "127.0.0.1")).isFalse();
    assertThat(seals("auto", "192.0.2.7", "127.0.0.1")).isTrue();
  }
}
