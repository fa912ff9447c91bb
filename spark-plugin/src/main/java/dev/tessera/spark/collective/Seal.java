package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-GCM (NIST SP 800-38D) over the records of one direction of one connection. Both ends count
 * records, and the number is the nonce, so that a record which was changed, left out, repeated or
 * moved does not open. On processors with AES instructions this is faster than a MAC alone: the JDK
 * copies what is authenticated and not encrypted once more.
 */
final class Seal {

  static final int KEY_BYTES = 16;
  static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;

  private final SecretKeySpec key;
  private final Cipher cipher;
  private long records;

  Seal(byte[] key) {
    this.key = new SecretKeySpec(key, 0, KEY_BYTES, "AES");
    try {
      this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has AES/GCM", e);
    }
  }

  /** Encrypts {@code count} bytes of {@code plain} and appends the tag. */
  void close(byte[] plain, int count, byte[] sealed, int at) {
    try {
      start(Cipher.ENCRYPT_MODE);
      cipher.doFinal(plain, 0, count, sealed, at);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot seal a record", e);
    }
  }

  /**
   * Decrypts a record of {@code count} bytes, its tag among them.
   *
   * @throws IOException if it is not what the other end has sealed next
   */
  void open(byte[] sealed, int at, int count, byte[] plain) throws IOException {
    try {
      start(Cipher.DECRYPT_MODE);
      cipher.doFinal(sealed, at, count, plain, 0);
    } catch (AEADBadTagException e) {
      throw new IOException("what it sent was changed on the way", e);
    } catch (GeneralSecurityException e) {
      throw new IOException("what it sent cannot be opened", e);
    }
  }

  private void start(int mode) throws GeneralSecurityException {
    byte[] nonce = new byte[NONCE_BYTES];
    ByteBuffer.wrap(nonce).putLong(NONCE_BYTES - Long.BYTES, records++);
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
  }
}
