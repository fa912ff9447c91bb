package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.lease.Lease;
import dev.tessera.models.UserException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class TesseraSettingsTest {

  private static SparkConf conf(String... pairs) {
    SparkConf conf = new SparkConf(false);
    for (int i = 0; i < pairs.length; i += 2) {
      conf.set(pairs[i], pairs[i + 1]);
    }
    return conf;
  }

  @Test
  void defaults() {
    TesseraSettings settings = TesseraSettings.defaults();

    assertThat(settings.timeouts())
        .isEqualTo(
            new Timeouts(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(120)));
    assertThat(settings.retry())
        .isEqualTo(new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofSeconds(60)));
    assertThat(settings.preferredSubnet()).isEmpty();
    assertThat(settings.network())
        .isEqualTo(new RankNetwork(null, PortRange.ANY, Encryption.AUTO, false));
    assertThat(settings.slotsWait()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.tf32()).isFalse();
  }

  @Test
  void eachKeyIsMapped() throws Exception {
    TesseraSettings settings =
        TesseraSettings.from(
            conf(
                "spark.tessera.connectTimeout", "5s",
                "spark.tessera.stallWarning", "700ms",
                "spark.tessera.failureTimeout", "2min",
                "spark.tessera.maxAttempts", "7",
                "spark.tessera.retryBackoff", "10ms",
                "spark.tessera.retryMaxBackoff", "1h",
                "spark.tessera.slotsWait", "9s",
                "spark.tessera.collectiveSubnet", "10.1.0.0/16",
                "spark.tessera.port", "7400-7499",
                "spark.tessera.requireEncryption", "true",
                "spark.tessera.takeOver", "0123456789ab",
                "spark.tessera.tf32", "true"));

    assertThat(settings)
        .isEqualTo(
            new TesseraSettings(
                new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(700), Duration.ofMinutes(2)),
                new RetryPolicy(7, Duration.ofMillis(10), Duration.ofHours(1)),
                new RankNetwork(
                    Subnet.parse("10.1.0.0/16"),
                    new PortRange(7400, 7499),
                    Encryption.ALWAYS,
                    true),
                Duration.ofSeconds(9),
                "0123456789ab",
                true));
    assertThat(Setting.TAKE_OVER.key()).isEqualTo(Lease.TAKE_OVER);
  }

  @Test
  void theListOfKeysGrowsByDecisionOnly() {
    assertThat(Arrays.stream(Setting.values()).map(Setting::key))
        .containsExactlyInAnyOrder(
            "spark.tessera.connectTimeout",
            "spark.tessera.takeOver",
            "spark.tessera.stallWarning",
            "spark.tessera.failureTimeout",
            "spark.tessera.maxAttempts",
            "spark.tessera.retryBackoff",
            "spark.tessera.retryMaxBackoff",
            "spark.tessera.slotsWait",
            "spark.tessera.collectiveSubnet",
            "spark.tessera.port",
            "spark.tessera.encryption",
            "spark.tessera.requireEncryption",
            "spark.tessera.tf32",
            "spark.tessera.sharedFolders");
  }

  @Test
  void allMistakesAreToldAtOnce() {
    SparkConf conf =
        conf(
            "spark.tessera.conectTimeout", "5s",
            "spark.tessera.maxAttempts", "none",
            "spark.tessera.retryBackoff", "2h",
            "spark.tessera.stallWarning", "soon",
            "spark.tessera.collectiveSubnet", "eth0",
            "spark.tessera.encryption", "maybe",
            "spark.tessera.sharedFolders", "/mnt,data",
            "spark.tessera.tf32", "yes");

    assertThatThrownBy(() -> TesseraSettings.from(conf))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.tessera.conectTimeout")
        .hasMessageContaining("nearest: spark.tessera.connectTimeout")
        .hasMessageContaining("spark.tessera.maxAttempts: none (expected: a whole number")
        .hasMessageContaining("spark.tessera.stallWarning: soon (expected: a time such as 30s)")
        .hasMessageContaining("spark.tessera.collectiveSubnet: eth0")
        .hasMessageContaining("spark.tessera.encryption: maybe (expected: auto, true or false)")
        .hasMessageContaining("spark.tessera.sharedFolders: /mnt,data (expected: absolute folders")
        .hasMessageContaining("spark.tessera.tf32: yes (expected: true or false)")
        .hasMessageContaining("at most spark.tessera.retryMaxBackoff");
  }

  @Test
  void portsAreARangeOrAFirstAndSparksRetries() {
    assertThat(ports("7400-7499")).isEqualTo(new PortRange(7400, 7499));
    assertThat(ports("7400")).isEqualTo(new PortRange(7400, 7416));
    assertThat(ports("65530")).isEqualTo(new PortRange(65530, 65535));
    assertThat(ports("0")).isEqualTo(PortRange.ANY);
    for (String wrong : new String[] {"80", "7500-7400", "7400-70000", "some", "-1", "7400-"}) {
      assertThatThrownBy(() -> ports(wrong))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("spark.tessera.port: " + wrong + " (expected: 0, a port");
    }
  }

  private static PortRange ports(String text) {
    return TesseraSettings.from(conf("spark.tessera.port", text)).network().ports();
  }

  @Test
  void encryptionThatIsRequiredIsUsedOnOneMachineToo() {
    assertThat(TesseraSettings.defaults().network().encryption()).isEqualTo(Encryption.AUTO);
    for (String chosen : new String[] {"auto", "true"}) {
      SparkConf conf =
          conf("spark.tessera.encryption", chosen, "spark.tessera.requireEncryption", "true");
      assertThat(TesseraSettings.from(conf).network().encryption()).isEqualTo(Encryption.ALWAYS);
    }
  }

  @Test
  void encryptionCannotBeRequiredAndSwitchedOff() {
    assertThatThrownBy(
            () ->
                TesseraSettings.from(
                    conf(
                        "spark.tessera.encryption", "false",
                        "spark.tessera.requireEncryption", "true")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.tessera.encryption: false (expected: true with");
  }

  @Test
  void pausesDoubleUpToTheLongest() {
    RetryPolicy policy = new RetryPolicy(9, Duration.ofSeconds(1), Duration.ofSeconds(5));

    assertThat(policy.pauseAfter(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(policy.pauseAfter(2)).isEqualTo(Duration.ofSeconds(2));
    assertThat(policy.pauseAfter(3)).isEqualTo(Duration.ofSeconds(4));
    assertThat(policy.pauseAfter(4)).isEqualTo(Duration.ofSeconds(5));
    assertThat(policy.pauseAfter(400)).isEqualTo(Duration.ofSeconds(5));
    assertThat(policy.allowsAfter(8)).isTrue();
    assertThat(policy.allowsAfter(9)).isFalse();
  }

  @Test
  void aSubnetHoldsItsAddressesOnly() throws Exception {
    Subnet subnet = Subnet.parse("10.1.16.0/20");

    assertThat(subnet.contains(InetAddress.getByName("10.1.16.1"))).isTrue();
    assertThat(subnet.contains(InetAddress.getByName("10.1.31.255"))).isTrue();
    assertThat(subnet.contains(InetAddress.getByName("10.1.32.0"))).isFalse();
    assertThat(subnet.contains(InetAddress.getByName("10.2.16.1"))).isFalse();
    assertThat(subnet.contains(InetAddress.getByName("fd12::2"))).isFalse();
    assertThat(Subnet.parse("0.0.0.0/0").contains(InetAddress.getByName("1.2.3.4"))).isTrue();
    assertThat(Subnet.parse("fd00::/8").contains(InetAddress.getByName("fd12::1"))).isTrue();
    assertThatThrownBy(() -> Subnet.parse("10.0.0.0/33"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Subnet.parse("somehost/8"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
