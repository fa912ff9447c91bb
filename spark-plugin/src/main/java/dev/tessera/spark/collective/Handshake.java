package dev.tessera.spark.collective;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Both ends of a connection prove that they know the run's secret: each answers the other's random
 * challenge with an HMAC-SHA256 (RFC 2104) over both challenges and what the connection is for. The
 * secret itself does not travel here.
 *
 * <p>The challenges hold X25519 keys (RFC 7748) made for this connection alone; the keys that seal
 * its records come from their agreement and from the secret. Who records a connection and learns
 * the secret later cannot open it.
 */
final class Handshake {

  private static final int MAGIC = 0x54455342;
  private static final int NONCE_BYTES = 16;
  private static final int PROOF_BYTES = 32;
  private static final int ACCEPTED = 0;
  private static final int UNPROVEN = 1;
  private static final int REFUSED = 2;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final RunIdentity run;
  private final KeyPair pair = Agreement.newPair();
  private final DataInputStream in;
  private final DataOutputStream out;

  /**
   * @param deadline of {@link System#nanoTime}, for all of it: reading ends then, however often a
   *     byte arrives
   */
  Handshake(RunIdentity run, SocketChannel channel, long deadline) throws IOException {
    this.run = run;
    this.in = new DataInputStream(new DeadlineInput(channel.socket(), deadline));
    this.out = new DataOutputStream(new BufferedOutputStream(channel.socket().getOutputStream()));
  }

  /** What a connection is for. */
  record Purpose(String runId, int attempt, int from, int to, boolean control, boolean sealed) {}

  /** Whom the accepting side has heard. */
  record Heard(Purpose purpose, SessionKeys keys) {}

  /** Judges an authenticated purpose. */
  interface Admission {
    /** Why the connection is refused; null to accept it. */
    String refusal(Purpose purpose);
  }

  /** The connecting side; throws {@link RefusedException} if the other refuses. */
  SessionKeys ask(int from, int to, boolean control) throws IOException {
    Purpose purpose = new Purpose(run.runId(), run.attempt(), from, to, control, run.sealed());
    byte[] mine = sendChallenge();
    byte[] theirs = readChallenge();
    write(purpose);
    out.write(proof("connect", purpose, mine, theirs));
    out.flush();
    int verdict = in.readUnsignedByte();
    if (verdict == UNPROVEN) {
      throw new RefusedException("it does not share this run's secret");
    }
    if (verdict == REFUSED) {
      throw new RefusedException(in.readUTF());
    }
    if (!matches(proof("accept", purpose, mine, theirs))) {
      throw new RefusedException("its own proof of the run's secret is wrong");
    }
    return keys("connect", "accept", purpose, mine, theirs);
  }

  /** The accepting side; throws {@link RefusedException} after refusing. */
  Heard answer(Admission admission) throws IOException {
    byte[] theirs = readChallenge();
    byte[] mine = sendChallenge();
    Purpose purpose = readPurpose();
    if (!matches(proof("connect", purpose, theirs, mine))) {
      out.writeByte(UNPROVEN);
      out.flush();
      throw new RefusedException("it does not share this run's secret");
    }
    String refusal = admission.refusal(purpose);
    if (refusal != null) {
      out.writeByte(REFUSED);
      out.writeUTF(refusal);
      out.flush();
      throw new RefusedException(refusal);
    }
    out.writeByte(ACCEPTED);
    out.write(proof("accept", purpose, theirs, mine));
    out.flush();
    return new Heard(purpose, keys("accept", "connect", purpose, theirs, mine));
  }

  private byte[] sendChallenge() throws IOException {
    byte[] challenge = Arrays.copyOf(nonce(), NONCE_BYTES + Agreement.PUBLIC_BYTES);
    System.arraycopy(
        pair.getPublic().getEncoded(), 0, challenge, NONCE_BYTES, Agreement.PUBLIC_BYTES);
    out.writeInt(MAGIC);
    out.write(challenge);
    out.flush();
    return challenge;
  }

  private static byte[] nonce() {
    byte[] bytes = new byte[NONCE_BYTES];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private byte[] readChallenge() throws IOException {
    if (in.readInt() != MAGIC) {
      throw new RefusedException("it does not speak this protocol");
    }
    return read(NONCE_BYTES + Agreement.PUBLIC_BYTES);
  }

  private byte[] read(int count) throws IOException {
    byte[] bytes = new byte[count];
    in.readFully(bytes);
    return bytes;
  }

  private void write(Purpose purpose) throws IOException {
    byte[] runId = purpose.runId().getBytes(StandardCharsets.UTF_8);
    out.writeShort(runId.length);
    out.write(runId);
    out.writeInt(purpose.attempt());
    out.writeInt(purpose.from());
    out.writeInt(purpose.to());
    out.writeBoolean(purpose.control());
    out.writeBoolean(purpose.sealed());
  }

  private Purpose readPurpose() throws IOException {
    int length = in.readUnsignedShort();
    if (length > RunIdentity.MAX_RUN_ID_BYTES) {
      throw new RefusedException("it names a run with " + length + " bytes");
    }
    String runId = new String(read(length), StandardCharsets.UTF_8);
    return new Purpose(
        runId, in.readInt(), in.readInt(), in.readInt(), in.readBoolean(), in.readBoolean());
  }

  private boolean matches(byte[] expected) throws IOException {
    return MessageDigest.isEqual(expected, read(PROOF_BYTES));
  }

  private byte[] proof(String side, Purpose purpose, byte[] connecting, byte[] accepting) {
    return mac(side, purpose, connecting, accepting, new byte[0]);
  }

  /** Null where the run does not seal. */
  private SessionKeys keys(
      String mine, String theirs, Purpose purpose, byte[] connecting, byte[] accepting)
      throws IOException {
    if (!purpose.sealed()) {
      return null;
    }
    byte[] other = mine.equals("connect") ? accepting : connecting;
    byte[] agreed = Agreement.agree(pair, Arrays.copyOfRange(other, NONCE_BYTES, other.length));
    return new SessionKeys(
        mac("key " + mine, purpose, connecting, accepting, agreed),
        mac("key " + theirs, purpose, connecting, accepting, agreed));
  }

  private byte[] mac(
      String what, Purpose purpose, byte[] connecting, byte[] accepting, byte[] agreed) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(run.secret(), "HmacSHA256"));
      mac.update(connecting);
      mac.update(accepting);
      mac.update(agreed);
      // Records print all their fields; the side keeps one proof from serving as the other.
      mac.update((what + ' ' + purpose).getBytes(StandardCharsets.UTF_8));
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has HmacSHA256", e);
    }
  }

  /** The other end is not of this gang, or says that we are not of its. */
  static final class RefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }
}
