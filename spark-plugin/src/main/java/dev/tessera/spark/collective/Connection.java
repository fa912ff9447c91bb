package dev.tessera.spark.collective;

import java.nio.channels.SocketChannel;

/**
 * A connection whose other end has proven itself.
 *
 * @param keys null where the ranks do not seal what they send
 */
record Connection(SocketChannel channel, SessionKeys keys) {}
