package dev.tessera.spark.collective;

import dev.tessera.models.train.CollectiveException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connects one rank with all others, a data and a control connection each: it calls the lower ranks
 * in order, then accepts the higher ones. Rank 0 only accepts, so by induction nobody waits in a
 * circle.
 */
final class Rendezvous {

  private static final int DATA = 0;
  private static final int CONTROL = 1;
  private static final long POLL_MILLIS = 100;

  /** How long one caller may take to prove itself. */
  private static final Duration HEARING = Duration.ofSeconds(10);

  /** Before a peer is called again that had too many callers. */
  private static final long AGAIN_MILLIS = 50;

  private final TcpListener listener;
  private final RunIdentity run;
  private final int rank;
  private final PeerTable peers;
  private final long deadline;
  private final Duration patience;
  private final Connection[][] channels;

  Rendezvous(TcpListener listener, RunIdentity run, int rank, PeerTable peers, Duration patience) {
    this.listener = listener;
    this.run = run;
    this.rank = rank;
    this.peers = peers;
    this.patience = patience;
    this.deadline = System.nanoTime() + patience.toNanos();
    this.channels = new Connection[2][peers.size()];
  }

  /** Returns the running mesh, or throws and leaves no connection open. Nobody is heard later. */
  Mesh meet() {
    try {
      for (int lower = 0; lower < rank; lower++) {
        channels[DATA][lower] = call(peers.peer(lower), false);
        channels[CONTROL][lower] = call(peers.peer(lower), true);
      }
      acceptHigher();
      listener.releasePending();
      listener.close();
      return mesh();
    } catch (IOException e) {
      throw failed("Rank " + rank + " cannot connect: " + e.getMessage(), e);
    }
  }

  private Connection call(Peer peer, boolean control) {
    IOException last = null;
    while (true) {
      SocketChannel channel = null;
      boolean reached = false;
      try {
        channel = listener.pending(SocketChannel.open());
        if (!control) {
          channel.setOption(StandardSocketOptions.SO_RCVBUF, Link.SOCKET_BUFFER_BYTES);
        }
        channel.socket().connect(new InetSocketAddress(peer.host(), peer.port()), millisLeft());
        reached = true;
        SessionKeys keys = new Handshake(run, channel, deadline).ask(rank, peer.rank(), control);
        return new Connection(channel, keys);
      } catch (Handshake.RefusedException e) {
        throw failed(peer + " refused rank " + rank + ": " + e.getMessage(), e);
      } catch (SocketTimeoutException e) {
        throw failed(
            peer + " did not answer rank " + rank + " within " + patience + hungUp(last), e);
      } catch (ClosedChannelException e) {
        throw failed("Rank " + rank + " was stopped while it connected to " + peer, e);
      } catch (IOException | RuntimeException e) {
        if (!reached || !listener.isOpen() || e instanceof RuntimeException) {
          String how = listener.isOpen() ? e.getMessage() : "its listener was closed";
          throw failed("Rank " + rank + " cannot connect to " + peer + ": " + how, e);
        }
        // Hung up on: strangers may have pushed this rank out.
        last = e instanceof IOException io ? io : last;
        listener.drop(channel);
        pause(peer);
      }
    }
  }

  private static String hungUp(IOException last) {
    return last == null
        ? ""
        : "; it hung up before, the last time with: "
            + (last.getMessage() == null ? last.toString() : last.getMessage());
  }

  private void pause(Peer peer) {
    try {
      Thread.sleep(AGAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("Rank " + rank + " was stopped while it connected to " + peer, e);
    }
  }

  private CollectiveException failed(String message, Exception cause) {
    listener.closePending();
    return new CollectiveException(message, cause);
  }

  private int millisLeft() throws SocketTimeoutException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("too late");
    }
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }

  private void acceptHigher() throws IOException {
    Duration quarter = patience.dividedBy(4);
    Duration hearing = quarter.compareTo(HEARING) < 0 ? quarter : HEARING;
    try (Reception reception = new Reception(listener, run, rank, peers.size(), hearing);
        Selector selector = Selector.open()) {
      listener.register(selector);
      while (!reception.complete()) {
        if (deadline - System.nanoTime() <= 0) {
          throw failed(absent(reception), null);
        }
        selector.select(key -> {}, POLL_MILLIS);
        if (!listener.isOpen() || Thread.currentThread().isInterrupted()) {
          throw failed("Rank " + rank + " was stopped while it waited for its peers", null);
        }
        reception.acceptAll();
      }
      for (int higher = rank + 1; higher < peers.size(); higher++) {
        channels[DATA][higher] = reception.take(higher, false);
        channels[CONTROL][higher] = reception.take(higher, true);
      }
    }
  }

  private String absent(Reception reception) {
    List<String> names = new ArrayList<>();
    for (int missing : reception.missing()) {
      names.add(peers.peer(missing).toString());
    }
    return String.join(", ", names)
        + " did not connect to rank "
        + rank
        + " within "
        + patience
        + reception.refusals();
  }

  private Mesh mesh() throws IOException {
    Selector data = Selector.open();
    Selector control = Selector.open();
    Link[] links = new Link[peers.size()];
    List<ControlLink> controls = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      if (i != rank) {
        links[i] = new Link(peers.peer(i), prepared(channels[DATA][i], true), data);
        controls.add(
            new ControlLink(peers.peer(i), prepared(channels[CONTROL][i], false), control));
      }
    }
    Mesh mesh = new Mesh(rank, data, links, control, controls);
    mesh.start();
    return mesh;
  }

  private static Connection prepared(Connection connection, boolean data) throws IOException {
    SocketChannel channel = connection.channel();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (data) {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, Link.SOCKET_BUFFER_BYTES);
      // Strangers were not given so much.
      channel.setOption(StandardSocketOptions.SO_RCVBUF, Link.SOCKET_BUFFER_BYTES);
    }
    channel.socket().setSoTimeout(0);
    return connection;
  }
}
