package dev.tessera.spark.collective;

import java.util.List;

/** All ranks of a gang, in the order of their numbers {@code 0 .. size-1}. */
public record PeerTable(List<Peer> peers) {

  public PeerTable {
    if (peers.isEmpty()) {
      throw new IllegalArgumentException("peers: none (expected: one per rank)");
    }
    for (int i = 0; i < peers.size(); i++) {
      if (peers.get(i).rank() != i) {
        throw new IllegalArgumentException(
            "peers: "
                + peers.get(i)
                + " at place "
                + i
                + " (expected: ranks 0, 1, 2, ... in order)");
      }
    }
    peers = List.copyOf(peers);
  }

  int size() {
    return peers.size();
  }

  Peer peer(int rank) {
    return peers.get(rank);
  }
}
