package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What arrives on a control connection is frames of ours, or the peer is lost. */
class ControlFrameTest {

  private static ByteBuffer frame(char type, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(ControlFrame.HEAD_BYTES + bytes);
    return buffer.put((byte) type).putInt(bytes).position(0).limit(buffer.capacity());
  }

  @Test
  void everyFrameIsReadAsItWasWritten() {
    List<ControlFrame> frames =
        List.of(
            new ControlFrame.Abort("näher"),
            new ControlFrame.Goodbye(),
            new ControlFrame.Inquiry(),
            new ControlFrame.Position(7, Operation.BARRIER, true, "its checkpoint"),
            new ControlFrame.Position(0, null, false, ""));
    for (ControlFrame frame : frames) {
      assertThat(ControlFrame.decode(ControlFrame.encode(frame))).isEqualTo(frame);
    }
  }

  @Test
  void aPositionThatIsCutIsNoFrame() {
    for (int bytes = 0; bytes < ControlFrame.POSITION_BYTES; bytes++) {
      ByteBuffer cut = frame('P', bytes);
      assertThatThrownBy(() -> ControlFrame.decode(cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("position of " + bytes + " bytes");
    }
  }

  @Test
  void whateverArrivesIsAFrameOrRefused() {
    Random random = new Random(12);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > ControlFrame.HEAD_BYTES && random.nextBoolean()) {
        bytes[0] = (byte) "APIG".charAt(random.nextInt(4));
        bytes[1] = bytes[2] = bytes[3] = 0;
        bytes[4] = (byte) random.nextInt(bytes.length);
      }
      decodeAll(ByteBuffer.wrap(bytes));
    }
  }

  private static void decodeAll(ByteBuffer bytes) {
    try {
      while (ControlFrame.decode(bytes) != null) {
        assertThat(bytes.remaining()).isNotNegative();
      }
    } catch (IllegalArgumentException e) {
      // What the watching thread takes for a lost peer.
    }
  }

  /** Position frames without a body, and of 5 bytes; an unknown type; a huge length. */
  @ParameterizedTest
  @ValueSource(strings = {"5000000000", "50000000051122334455", "5A00000000", "507FFFFFFF"})
  void aPeerThatSaysSomethingElseIsLost(String hex) throws Exception {
    BlockingQueue<String> failures = new LinkedBlockingQueue<>();
    try (ServerSocketChannel server = ServerSocketChannel.open();
        Selector selector = Selector.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel peer = SocketChannel.open(server.getLocalAddress());
          SocketChannel accepted = server.accept()) {
        Peer rank = new Peer(1, "127.0.0.1", 5000);
        ControlLink link = new ControlLink(rank, new Connection(accepted, null), selector);
        try (Watcher watcher =
            new Watcher(
                0,
                selector,
                List.of(link),
                () -> new ControlFrame.Position(0, null, false, ""),
                failures::add)) {
          watcher.start();
          write(peer, hex);
          assertThat(failures.poll(20, TimeUnit.SECONDS)).startsWith("rank 1 (").contains("lost");
        }
      }
    }
  }

  /** Frames of ours, damaged, in pieces as a network brings them. */
  private static void mutated(long seed, int rounds) throws Exception {
    Random random = new Random(seed);
    int lost = 0;
    long whole = 0;
    try (ServerSocketChannel server = ServerSocketChannel.open();
        Selector selector = Selector.open()) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
      for (int round = 0; round < rounds; round++) {
        try (SocketChannel peer = SocketChannel.open(server.getLocalAddress());
            SocketChannel accepted = server.accept()) {
          Peer rank = new Peer(1, "127.0.0.1", 5000);
          ControlLink link = new ControlLink(rank, new Connection(accepted, null), selector);
          ByteBuffer said = frames(random);
          List<ControlFrame> heard = new ArrayList<>();
          boolean open = true;
          while (open && said.hasRemaining()) {
            int piece = 1 + random.nextInt(said.remaining());
            peer.write(said.slice(said.position(), piece));
            said.position(said.position() + piece);
            open = link.receive(heard::add);
          }
          peer.shutdownOutput();
          long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
          while (open) {
            assertThat(System.nanoTime()).as("round %d", round).isLessThan(deadline);
            open = link.receive(heard::add);
          }
          lost += said.hasRemaining() ? 1 : 0;
          whole += heard.size();
        }
        selector.selectNow();
      }
    }
    assertThat(lost).isPositive();
    assertThat(whole).isPositive();
  }

  private static ByteBuffer frames(Random random) {
    ByteBuffer said = ByteBuffer.allocate(6 * (ControlFrame.HEAD_BYTES + 300));
    for (int i = 0; i < 5; i++) {
      said.put(
          ControlFrame.encode(
              switch (random.nextInt(4)) {
                case 0 -> new ControlFrame.Abort("r".repeat(random.nextInt(200)));
                case 1 -> new ControlFrame.Goodbye();
                case 2 -> new ControlFrame.Inquiry();
                default -> new ControlFrame.Position(i, Operation.BARRIER, true, "its checkpoint");
              }));
    }
    said.flip();
    for (int i = random.nextInt(3); i >= 0; i--) {
      said.put(random.nextInt(said.limit()), (byte) random.nextInt());
    }
    return said;
  }

  @Test
  void damagedFramesMakeALostPeerAtMost() throws Exception {
    mutated(5, 500);
  }

  @Test
  @Tag("soak")
  void andSoDoVeryMany() throws Exception {
    mutated(6, 20_000);
  }

  private static void write(SocketChannel peer, String hex) throws IOException {
    peer.write(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
  }
}
