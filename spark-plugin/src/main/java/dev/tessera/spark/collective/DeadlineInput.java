package dev.tessera.spark.collective;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** What a socket receives until a deadline for all of it, not for each read. */
final class DeadlineInput extends InputStream {

  private final Socket socket;
  private final InputStream in;
  private final long deadline;

  /**
   * @param deadline of {@link System#nanoTime}
   */
  DeadlineInput(Socket socket, long deadline) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.deadline = deadline;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw late();
    }
    socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
    try {
      return in.read(bytes, offset, length);
    } catch (SocketTimeoutException e) {
      throw late();
    }
  }

  private static SocketTimeoutException late() {
    return new SocketTimeoutException("it took too long");
  }
}
