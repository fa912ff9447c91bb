package dev.tessera.spark.barrier;

import dev.tessera.spark.barrier.GangMessage.Register;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Where the ranks of one attempt meet. Once all partitions have registered, ranks are given out in
 * order of host and partition, so that the ranks of a host are contiguous.
 */
final class Rendezvous {

  private final int size;
  private final Map<Integer, Register> registered = new TreeMap<>();
  private List<Register> byRank = List.of();

  Rendezvous(int size) {
    this.size = size;
  }

  /** Takes a registration; a repeated one changes nothing. Returns whether all are here. */
  synchronized boolean register(Register register) {
    if (byRank.isEmpty()) {
      registered.put(register.partition(), register);
      if (registered.size() == size) {
        byRank =
            registered.values().stream()
                .sorted(Comparator.comparing(Register::host).thenComparing(Register::partition))
                .toList();
      }
    }
    return !byRank.isEmpty();
  }

  synchronized int rankOf(int partition) {
    return IntStream.range(0, byRank.size())
        .filter(rank -> byRank.get(rank).partition() == partition)
        .findFirst()
        .orElse(-1);
  }

  synchronized List<RankPlace> places() {
    List<RankPlace> places = new ArrayList<>();
    int local = 0;
    for (int rank = 0; rank < byRank.size(); rank++) {
      Register at = byRank.get(rank);
      local = rank > 0 && byRank.get(rank - 1).host().equals(at.host()) ? local + 1 : 0;
      places.add(new RankPlace(rank, local, at.host(), at.port(), at.pid()));
    }
    return places;
  }

  /** Partitions that have not registered. */
  synchronized List<Integer> missing() {
    return IntStream.range(0, size).filter(p -> !registered.containsKey(p)).boxed().toList();
  }

  /** Where a partition registered from, for messages; null before it did. */
  synchronized Register registration(int partition) {
    return registered.get(partition);
  }
}
