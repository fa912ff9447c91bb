package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a connection to a peer costs in memory: a rank may have thousands. */
class SealedWireTest {

  private static final int LINKS = 50;
  private static final SessionKeys ONE = new SessionKeys(key(1), key(2));
  private static final SessionKeys OTHER = new SessionKeys(key(2), key(1));

  private static byte[] key(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) first;
    return key;
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  @Test
  void controlFramesTakeLittleRoomAndArriveWhole() throws Exception {
    Peer peer = new Peer(1, "127.0.0.1", 5000);
    String reason = "x".repeat(ControlFrame.MAX_BODY_BYTES);
    try (ServerSocketChannel server = ServerSocketChannel.open();
        Selector selector = Selector.open()) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
      long most = 0;
      for (int i = 0; i < LINKS; i++) {
        try (SocketChannel called = SocketChannel.open(server.getLocalAddress());
            SocketChannel accepted = server.accept()) {
          long before = allocated();
          ControlLink from = new ControlLink(peer, new Connection(called, ONE), selector);
          ControlLink to = new ControlLink(peer, new Connection(accepted, OTHER), selector);
          List<ControlFrame> heard = new ArrayList<>();
          from.send(new ControlFrame.Abort(reason));
          from.send(new ControlFrame.Goodbye());
          long deadline = System.nanoTime() + 20_000_000_000L;
          while (heard.size() < 2) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            assertThat(to.receive(heard::add)).isTrue();
          }
          if (i > 0) { // the first loads classes
            most = Math.max(most, allocated() - before);
          }
          assertThat(heard)
              .containsExactly(new ControlFrame.Abort(reason), new ControlFrame.Goodbye());
          selector.selectNow();
        }
      }
      // Both ends, four frames and what they are made from; of data's records one end has 450 KiB.
      assertThat(most).isLessThan(200 << 10);
    }
  }

  @Test
  void aDataConnectionTakesItsBuffersWhenItIsUsed() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
      try (SocketChannel called = SocketChannel.open(server.getLocalAddress())) {
        Wire.ofData(called, ONE);
        long before = allocated();
        assertThat(Wire.ofData(called, ONE).flushed()).isTrue();
        assertThat(allocated() - before).isLessThan(SealedWire.RECORD_BYTES);
      }
    }
  }
}
