package dev.tessera.spark.collective;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.KeyAgreement;

/** Diffie and Hellman's agreement on Curve25519 (RFC 7748), a new pair for every connection. */
final class Agreement {

  /** Of a public key as X.509 writes it (RFC 8410). */
  static final int PUBLIC_BYTES = 44;

  private static final String CURVE = "X25519";

  private Agreement() {}

  static KeyPair newPair() {
    try {
      return KeyPairGenerator.getInstance(CURVE).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Java 11 and later have " + CURVE, e);
    }
  }

  /**
   * What both ends know and nobody else.
   *
   * @throws IOException if the other end's key is none
   */
  static byte[] agree(KeyPair mine, byte[] theirs) throws IOException {
    try {
      PublicKey other =
          KeyFactory.getInstance(CURVE).generatePublic(new X509EncodedKeySpec(theirs));
      KeyAgreement agreement = KeyAgreement.getInstance(CURVE);
      agreement.init(mine.getPrivate());
      agreement.doPhase(other, true);
      return agreement.generateSecret();
    } catch (GeneralSecurityException e) {
      throw new IOException("its public key is none: " + e.getMessage(), e);
    }
  }
}
