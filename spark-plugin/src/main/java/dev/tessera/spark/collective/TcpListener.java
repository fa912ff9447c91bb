package dev.tessera.spark.collective;

import dev.tessera.models.UserException;
import dev.tessera.spark.settings.PortRange;
import dev.tessera.spark.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A rank's listening socket. It is bound before its port is announced and closed when all ranks are
 * connected; closing it from another thread ends a running {@link TcpCollective#connect}.
 */
public final class TcpListener implements AutoCloseable {

  private static final int BACKLOG = 128;

  private final ServerSocketChannel channel;
  private final InetAddress address;
  private final int port;
  private final Set<SocketChannel> pending = ConcurrentHashMap.newKeySet();

  private TcpListener(ServerSocketChannel channel, InetSocketAddress bound) {
    this.channel = channel;
    this.address = bound.getAddress();
    this.port = bound.getPort();
  }

  /**
   * Listens on a free port of {@code host}'s interface.
   *
   * @throws UncheckedIOException if the host is not this machine's
   */
  public static TcpListener bind(String host) {
    return bind(host, PortRange.ANY);
  }

  /**
   * As above, on the first of {@code ports} that is free.
   *
   * @throws UserException if none is
   */
  public static TcpListener bind(String host, PortRange ports) {
    for (int port = ports.first(); port <= ports.last(); port++) {
      InetSocketAddress address = new InetSocketAddress(host, port);
      try {
        return open(address);
      } catch (BindException e) {
        if (port == 0 || !isLocal(address)) {
          throw cannot(address, e);
        }
      } catch (IOException e) {
        throw cannot(address, e);
      }
    }
    throw new UserException(
        "No port of "
            + ports
            + " is free on host "
            + host
            + ": every rank of a host needs one, so widen "
            + Setting.PORT.key());
  }

  /** A port in use and an address of another machine are the same exception. */
  private static boolean isLocal(InetSocketAddress address) {
    try (ServerSocketChannel probe = ServerSocketChannel.open()) {
      probe.bind(new InetSocketAddress(address.getAddress(), 0));
      return true;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private static UncheckedIOException cannot(InetSocketAddress address, IOException e) {
    return new UncheckedIOException("Cannot listen on " + address + ": " + e.getMessage(), e);
  }

  private static TcpListener open(InetSocketAddress address) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      // The system's own buffers: a caller that has proven nothing takes little room.
      channel.bind(address, BACKLOG);
      channel.configureBlocking(false);
      return new TcpListener(channel, (InetSocketAddress) channel.getLocalAddress());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** What it is bound to, this machine's. */
  public InetAddress address() {
    return address;
  }

  /** The port to announce. */
  public int port() {
    return port;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  void register(Selector selector) throws IOException {
    channel.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** Adopts a connection in the making: closing the listener closes it too. */
  SocketChannel pending(SocketChannel connection) {
    pending.add(connection);
    if (!isOpen()) {
      drop(connection);
    }
    return connection;
  }

  /** The connections made so far are the mesh's now. */
  void releasePending() {
    pending.clear();
  }

  void closePending() {
    pending.forEach(this::drop);
  }

  void drop(SocketChannel connection) {
    pending.remove(connection);
    try {
      connection.close();
    } catch (IOException e) {
      // Nothing is owed to a connection that is being dropped.
    }
  }

  /** Null if nobody is waiting. */
  SocketChannel accept() throws IOException {
    return channel.accept();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the listener on port " + port, e);
    } finally {
      closePending();
    }
  }
}
