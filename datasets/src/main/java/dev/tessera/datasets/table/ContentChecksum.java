package dev.tessera.datasets.table;

import java.io.Serializable;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * A checksum of a set of rows: the sum modulo 2^128 of the first half of each row's SHA-256. It
 * does not depend on the order of rows or on the files they stand in, so tables written by 1 and by
 * 7 tasks can be compared by it, and tasks can add their parts.
 *
 * @param high upper 64 bits
 * @param low lower 64 bits
 */
public record ContentChecksum(long high, long low) implements Serializable {

  /** The checksum of no rows. */
  public static final ContentChecksum EMPTY = new ContentChecksum(0, 0);

  /** The checksum of both sets of rows together. */
  public ContentChecksum plus(ContentChecksum other) {
    long sum = low + other.low;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new ContentChecksum(high + other.high + carry, sum);
  }

  <R> ContentChecksum plus(R row, RowFormat<R> format, MessageDigest digest) {
    digest.reset();
    format.digest(row, digest);
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return plus(new ContentChecksum(hash.getLong(), hash.getLong()));
  }

  /** 32 hexadecimal digits. */
  public String hex() {
    byte[] bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    return String.format(Locale.ROOT, "%032x", new BigInteger(1, bytes));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
