package dev.tessera.spark.collective;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A rank's listening socket. It is bound before its port is announced and stays open until closed;
 * closing it from another thread ends a running {@link TcpCollective#connect}.
 */
public final class TcpListener implements AutoCloseable {

  private static final int BACKLOG = 1024;

  private final ServerSocketChannel channel;
  private final int port;
  private final Set<SocketChannel> pending = ConcurrentHashMap.newKeySet();

  private TcpListener(ServerSocketChannel channel, int port) {
    this.channel = channel;
    this.port = port;
  }

  /** Listens on a free port of every interface. */
  public static TcpListener bind() {
    return bind(new InetSocketAddress(0));
  }

  /**
   * Listens on a free port of {@code host}'s interface.
   *
   * @throws UncheckedIOException if the host is not this machine's
   */
  public static TcpListener bind(String host) {
    return bind(new InetSocketAddress(host, 0));
  }

  private static TcpListener bind(InetSocketAddress address) {
    try {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, Link.SOCKET_BUFFER_BYTES);
        channel.bind(address, BACKLOG);
        channel.configureBlocking(false);
        return new TcpListener(channel, channel.socket().getLocalPort());
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  /** The port to announce. */
  public int port() {
    return port;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  SelectionKey register(Selector selector) throws IOException {
    return channel.register(selector, SelectionKey.OP_ACCEPT);
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
