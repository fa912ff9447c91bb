package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.settings.TesseraSettings;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class PrivacyTest {

  /** An address of documentation's own network (RFC 5737): nobody's. */
  private static final List<String> FAR = List.of("127.0.0.1", "192.0.2.7");

  private static Privacy privacy(String... pairs) {
    SparkConf conf = new SparkConf(false);
    for (int i = 0; i < pairs.length; i += 2) {
      conf.set(pairs[i], pairs[i + 1]);
    }
    return Privacy.of(conf, TesseraSettings.from(conf).network());
  }

  @Test
  void aSecretThatWouldCrossANetworkInTheClearIsToldOf() {
    assertThat(privacy().warning(FAR))
        .get()
        .asString()
        .startsWith("Spark sends the ranks' secret in the clear")
        .contains("spark.authenticate=true and spark.network.crypto.enabled=true");
    assertThat(
            privacy("spark.tessera.encryption", "false", "spark.authenticate", "true").warning(FAR))
        .get()
        .asString()
        .startsWith("Ranks send their sums in the clear")
        .contains("remove spark.tessera.encryption=false");
  }

  @Test
  void whatStaysOnThisMachineOrIsProtectedIsNot() {
    assertThat(privacy().warning(List.of("127.0.0.1", "localhost"))).isEmpty();
    assertThat(privacy("spark.authenticate", "true").warning(FAR)).isEmpty();
    assertThat(privacy("spark.ssl.rpc.enabled", "true").warning(FAR)).isEmpty();
  }

  @Test
  void requiredEncryptionIsRefusedWhereAnythingIsInTheClear() {
    String[] required = {"spark.tessera.requireEncryption", "true"};
    assertThatThrownBy(() -> privacy(required).require(2, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Spark's own messages are not encrypted");
    // Authentication alone encrypts nothing; neither does encryption without authentication.
    assertThatThrownBy(
            () -> privacy(required[0], "true", "spark.authenticate", "true").require(2, false))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(
            () ->
                privacy(required[0], "true", "spark.network.crypto.enabled", "true")
                    .require(2, false))
        .isInstanceOf(UserException.class);
    Privacy encrypted =
        privacy(
            required[0],
            "true",
            "spark.authenticate",
            "true",
            "spark.network.crypto.enabled",
            "true");
    assertThatCode(() -> encrypted.require(2, false)).doesNotThrowAnyException();
    assertThatCode(() -> encrypted.require(1, true)).doesNotThrowAnyException();
    assertThatThrownBy(() -> encrypted.require(2, true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("NCCL cannot be encrypted");
    assertThatCode(() -> privacy().require(2, true)).doesNotThrowAnyException();
  }

  @Test
  void anAttemptsSecretIsItsOwnAndTheApplications() {
    AttemptId first = new AttemptId("run", 0);
    byte[] secret = GangSecret.derive(first, "application");
    assertThat(secret).hasSize(32).isEqualTo(GangSecret.derive(first, "application"));
    assertThat(GangSecret.derive(new AttemptId("run", 1), "application")).isNotEqualTo(secret);
    assertThat(GangSecret.derive(new AttemptId("other", 0), "application")).isNotEqualTo(secret);
    assertThat(GangSecret.derive(first, "another")).isNotEqualTo(secret);
    assertThat(GangSecret.of(first, new byte[] {1, 2})).containsExactly(1, 2);
  }
}
