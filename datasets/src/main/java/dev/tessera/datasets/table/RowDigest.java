package dev.tessera.datasets.table;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Feeds fields to a digest so that neighbours cannot be confused: lengths go before contents. */
final class RowDigest {

  private final MessageDigest digest;

  RowDigest(MessageDigest digest) {
    this.digest = digest;
  }

  RowDigest add(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, value));
    return this;
  }

  RowDigest add(byte[] value) {
    add(value.length);
    digest.update(value);
    return this;
  }

  RowDigest add(String value) {
    return value == null ? add(-1) : add(value.getBytes(StandardCharsets.UTF_8));
  }

  RowDigest add(Integer value) {
    return value == null ? add(Long.MIN_VALUE) : add(value.longValue());
  }

  RowDigest add(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
    bytes.asIntBuffer().put(values);
    return add(bytes.array());
  }
}
