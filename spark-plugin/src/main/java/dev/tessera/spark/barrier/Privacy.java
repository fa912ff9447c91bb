package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.settings.Encryption;
import dev.tessera.spark.settings.RankNetwork;
import dev.tessera.spark.settings.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/** What of a gang's talk others on the network could read or change, and what to do about it. */
final class Privacy {

  private static final String REMEDY =
      "set spark.authenticate=true and spark.network.crypto.enabled=true";

  private final boolean authenticated;
  private final boolean encrypted;
  private final RankNetwork network;

  private Privacy(boolean authenticated, boolean encrypted, RankNetwork network) {
    this.authenticated = authenticated;
    this.encrypted = encrypted;
    this.network = network;
  }

  static Privacy of(SparkConf conf, RankNetwork network) {
    boolean authenticated = conf.getBoolean("spark.authenticate", false);
    boolean aes = conf.getBoolean("spark.network.crypto.enabled", false);
    boolean sasl = conf.getBoolean("spark.authenticate.enableSaslEncryption", false);
    boolean tls = conf.getBoolean("spark.ssl.rpc.enabled", false);
    return new Privacy(authenticated, tls || (authenticated && (aes || sasl)), network);
  }

  /**
   * Refuses a gang whose talk is in the clear where the settings say that it must not be.
   *
   * @throws UserException with the setting to change
   */
  void require(int ranks, boolean gpu) {
    if (!network.requireEncryption()) {
      return;
    }
    if (!encrypted) {
      throw new UserException(
          Setting.REQUIRE_ENCRYPTION.key()
              + "=true, and Spark's own messages are not encrypted: "
              + REMEDY
              + ", or spark.ssl.rpc.enabled=true");
    }
    if (gpu && ranks > 1) {
      throw new UserException(
          Setting.REQUIRE_ENCRYPTION.key()
              + "=true, and what GPUs send each other through NCCL cannot be encrypted: train with"
              + " ranks.count=1, or on a network of its own without that setting");
    }
  }

  /** One sentence where a gang at {@code hosts} talks in the clear over a network. */
  Optional<String> warning(List<String> hosts) {
    boolean seals = network.encryption() != Encryption.NEVER; // beyond one machine
    boolean sendsSecret = !authenticated && !encrypted;
    if ((!sendsSecret && seals) || hosts.stream().allMatch(Privacy::isHere)) {
      return Optional.empty();
    }
    String what =
        seals
            ? "Spark sends the ranks' secret in the clear, and who reads it can change what they sum"
            : "Ranks send their sums in the clear, and who sits between them can change these";
    String remedy = seals ? REMEDY : "remove " + Setting.ENCRYPTION.key() + "=false and " + REMEDY;
    return Optional.of(what + ": " + remedy + ", or use a network of their own (docs/security.md)");
  }

  /** Whether what is sent to {@code host} stays on this machine. */
  private static boolean isHere(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      return false;
    }
  }
}
