package dev.tessera.spark.collective;

import java.io.Serializable;

/** Where a rank listens. */
public record Peer(int rank, String host, int port) implements Serializable {

  public Peer {
    if (rank < 0) {
      throw new IllegalArgumentException("rank: " + rank + " (expected: 0 or more)");
    }
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: '" + host + "' (expected: a host name or address)");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  @Override
  public String toString() {
    return "rank " + rank + " (" + host + ":" + port + ")";
  }
}
