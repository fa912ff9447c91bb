package dev.tessera.spark.collective;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * What the ranks of one gang share: connections of other runs or attempts, and connections that
 * cannot prove the secret, are refused.
 *
 * @param runId the run's name, at most 256 bytes in UTF-8
 * @param attempt number of this attempt at the run, from 0
 * @param secret at least 16 random bytes, known to the run's ranks only
 * @param sealed whether what ranks send each other is encrypted and authenticated; without it only
 *     the ends of connections are proven
 */
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and out, compared by content
public record RunIdentity(String runId, int attempt, byte[] secret, boolean sealed) {

  private static final int MIN_SECRET_BYTES = 16;
  static final int MAX_RUN_ID_BYTES = 256;

  public RunIdentity {
    int bytes = runId.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > MAX_RUN_ID_BYTES) {
      throw new IllegalArgumentException(
          "runId: " + bytes + " bytes (expected: 1 to " + MAX_RUN_ID_BYTES + ")");
    }
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt: " + attempt + " (expected: 0 or more)");
    }
    if (secret.length < MIN_SECRET_BYTES) {
      throw new IllegalArgumentException(
          "secret: " + secret.length + " bytes (expected: " + MIN_SECRET_BYTES + " or more)");
    }
    secret = secret.clone();
  }

  /** A run whose ranks seal what they send. */
  public RunIdentity(String runId, int attempt, byte[] secret) {
    this(runId, attempt, secret, true);
  }

  @Override
  public byte[] secret() {
    return secret.clone();
  }

  /** Without the secret, so that it reaches no log. */
  @Override
  public String toString() {
    return "run " + runId + ", attempt " + attempt;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RunIdentity that
        && runId.equals(that.runId)
        && attempt == that.attempt
        && sealed == that.sealed
        && MessageDigest.isEqual(secret, that.secret);
  }

  @Override
  public int hashCode() {
    return 31 * runId.hashCode() + attempt;
  }
}
