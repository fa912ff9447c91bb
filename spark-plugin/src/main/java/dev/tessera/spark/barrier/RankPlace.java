package dev.tessera.spark.barrier;

import java.io.Serializable;

/**
 * Where a rank runs.
 *
 * @param localRank its number among the ranks of its host
 * @param host the address its peers connect to
 * @param port its listening socket
 * @param pid its process on that host
 */
public record RankPlace(int rank, int localRank, String host, int port, long pid)
    implements Serializable {

  @Override
  public String toString() {
    return "rank " + rank + " on " + host + " (pid " + pid + ")";
  }
}
