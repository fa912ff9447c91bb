package dev.tessera.spark.barrier;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.spark.SparkEnv;

/**
 * What the ranks of one attempt prove to each other that they know. With Spark's authentication
 * every executor derives it from the application's secret and it is not sent. Without, the driver
 * sends a random one with the ranks' places, as plain as Spark's messages are then.
 */
final class GangSecret {

  private static final int BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private GangSecret() {}

  /** What the driver sends to the ranks: nothing where they can derive it. */
  static byte[] toSend() {
    if (SparkEnv.get().securityManager().isAuthenticationEnabled()) {
      return new byte[0];
    }
    byte[] secret = new byte[BYTES];
    RANDOM.nextBytes(secret);
    return secret;
  }

  /** A rank's secret, given what the driver has sent. */
  static byte[] of(AttemptId attempt, byte[] sent) {
    return sent.length > 0
        ? sent.clone()
        : derive(attempt, SparkEnv.get().securityManager().getSecretKey());
  }

  static byte[] derive(AttemptId attempt, String applications) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(applications.getBytes(StandardCharsets.UTF_8), mac.getAlgorithm()));
      return mac.doFinal(("tessera gang, " + attempt).getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has HmacSHA256", e);
    }
  }
}
