package dev.tessera.spark.collective;

import java.util.ArrayList;
import java.util.List;

/**
 * The connections of the higher ranks, two of each. A place is its last claimant's: a rank that
 * calls again has given its former connection up, whether or not that one has arrived by then. Not
 * safe for several threads.
 */
final class Arrivals {

  private final int rank;
  private final int size;
  private final Object[] claimants;
  private final Connection[] kept;

  Arrivals(int rank, int size) {
    this.rank = rank;
    this.size = size;
    this.claimants = new Object[2 * size];
    this.kept = new Connection[2 * size];
  }

  /** Whose connection is to come; the one that was kept until now, which may be null. */
  Connection claim(int other, boolean control, Object claimant) {
    int place = place(other, control);
    Connection former = kept[place];
    claimants[place] = claimant;
    kept[place] = null;
    return former;
  }

  /** Whether it is kept: not if the rank has called again since this claimant was admitted. */
  boolean keep(int other, boolean control, Object claimant, Connection connection) {
    int place = place(other, control);
    if (claimants[place] != claimant) {
      return false;
    }
    kept[place] = connection;
    return true;
  }

  /** Null if it has not arrived. */
  Connection of(int other, boolean control) {
    return kept[place(other, control)];
  }

  /** Ranks of which a connection has not arrived. */
  List<Integer> missing() {
    List<Integer> missing = new ArrayList<>();
    for (int other = rank + 1; other < size; other++) {
      if (of(other, false) == null || of(other, true) == null) {
        missing.add(other);
      }
    }
    return missing;
  }

  private static int place(int other, boolean control) {
    return 2 * other + (control ? 1 : 0);
  }
}
