package dev.tessera.spark.collective;

import dev.tessera.models.train.CollectiveException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
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

  private final TcpListener listener;
  private final RunIdentity run;
  private final int rank;
  private final PeerTable peers;
  private final long deadline;
  private final Duration patience;
  private final SocketChannel[][] channels;

  Rendezvous(TcpListener listener, RunIdentity run, int rank, PeerTable peers, Duration patience) {
    this.listener = listener;
    this.run = run;
    this.rank = rank;
    this.peers = peers;
    this.patience = patience;
    this.deadline = System.nanoTime() + patience.toNanos();
    this.channels = new SocketChannel[2][peers.size()];
  }

  /** Returns the running mesh, or throws and leaves no connection open. */
  Mesh meet() {
    try {
      for (int lower = 0; lower < rank; lower++) {
        channels[DATA][lower] = call(peers.peer(lower), false);
        channels[CONTROL][lower] = call(peers.peer(lower), true);
      }
      acceptHigher();
      return mesh();
    } catch (IOException e) {
      throw failed("Rank " + rank + " cannot connect: " + e.getMessage(), e);
    } finally {
      listener.releasePending();
    }
  }

  private SocketChannel call(Peer peer, boolean control) {
    SocketChannel channel = null;
    try {
      channel = listener.pending(SocketChannel.open());
      channel.setOption(StandardSocketOptions.SO_RCVBUF, Link.SOCKET_BUFFER_BYTES);
      channel.socket().connect(new InetSocketAddress(peer.host(), peer.port()), millisLeft());
      channel.socket().setSoTimeout(millisLeft());
      new Handshake(run, channel).ask(rank, peer.rank(), control);
      return channel;
    } catch (Handshake.RefusedException e) {
      throw failed(peer + " refused rank " + rank + ": " + e.getMessage(), e);
    } catch (SocketTimeoutException e) {
      throw failed(peer + " did not answer rank " + rank + " within " + patience, e);
    } catch (ClosedChannelException e) {
      throw failed("Rank " + rank + " was stopped while it connected to " + peer, e);
    } catch (IOException | RuntimeException e) {
      String how = listener.isOpen() ? e.getMessage() : "its listener was closed";
      throw failed("Rank " + rank + " cannot connect to " + peer + ": " + how, e);
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
    Reception reception = new Reception(listener, run, rank, peers.size());
    try (Selector selector = Selector.open()) {
      SelectionKey ignored = listener.register(selector);
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
    }
    for (int higher = rank + 1; higher < peers.size(); higher++) {
      channels[DATA][higher] = reception.take(higher, false);
      channels[CONTROL][higher] = reception.take(higher, true);
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
        links[i] = new Link(peers.peer(i), prepared(channels[DATA][i]), data);
        controls.add(new ControlLink(peers.peer(i), prepared(channels[CONTROL][i]), control));
      }
    }
    Mesh mesh = new Mesh(rank, data, links, control, controls);
    mesh.start();
    return mesh;
  }

  private static SocketChannel prepared(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, Link.SOCKET_BUFFER_BYTES);
    channel.socket().setSoTimeout(0);
    return channel;
  }
}
