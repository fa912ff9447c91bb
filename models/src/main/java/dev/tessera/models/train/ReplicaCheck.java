package dev.tessera.models.train;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds the ranks' parameters to each other before a checkpoint: every rank makes each update
 * itself, so what a memory, a processor or a network changes on one of them stays, and rank 0 alone
 * writes.
 */
final class ReplicaCheck {

  /** A checksum travels as exact small floats, in the sums that every collective has. */
  private static final int PIECE_BITS = 16;

  private static final int PIECES = Integer.SIZE / PIECE_BITS;

  private ReplicaCheck() {}

  /**
   * Compares checksums of all ranks' parameters; every rank calls it, and every rank throws.
   *
   * @throws ReplicasDifferException naming the ranks in the minority
   */
  static void require(TrainingState state, Collective collective) {
    if (collective.size() > 1) {
      compare(exchange(state.checksum(), collective), state.images());
    }
  }

  private static int[] exchange(int own, Collective collective) {
    int size = collective.size();
    int[] all = new int[size];
    long floats = floats(size);
    try (Memory memory = new Memory(floats * Float.BYTES)) {
      memory.clear();
      for (int piece = 0; piece < PIECES; piece++) {
        float value = (own >>> (piece * PIECE_BITS)) & 0xffff;
        memory.setFloat(at(collective.rank(), piece), value);
      }
      collective.allReduce(FloatMemory.host(Pointer.nativeValue(memory), floats));
      for (int rank = 0; rank < size; rank++) {
        for (int piece = 0; piece < PIECES; piece++) {
          all[rank] |= (int) memory.getFloat(at(rank, piece)) << (piece * PIECE_BITS);
        }
      }
    }
    return all;
  }

  /** What the exchange sums. */
  static long floats(int size) {
    return (long) size * PIECES;
  }

  private static long at(int rank, int piece) {
    return ((long) rank * PIECES + piece) * Float.BYTES;
  }

  static void compare(int[] checksums, long images) {
    Map<Integer, List<Integer>> ranks = new TreeMap<>();
    for (int rank = 0; rank < checksums.length; rank++) {
      ranks.computeIfAbsent(checksums[rank], sum -> new ArrayList<>()).add(rank);
    }
    if (ranks.size() > 1) {
      throw new ReplicasDifferException(sentence(ranks, images));
    }
  }

  private static String sentence(Map<Integer, List<Integer>> ranks, long images) {
    List<List<Integer>> groups = new ArrayList<>(ranks.values());
    groups.sort((a, b) -> b.size() - a.size());
    boolean majority = groups.get(0).size() > groups.get(1).size();
    List<List<Integer>> odd = majority ? groups.subList(1, groups.size()) : groups;
    String named =
        odd.stream()
            .flatMap(List::stream)
            .sorted()
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return "After "
        + images
        + " images the parameters of "
        + (majority
            ? "rank " + named + " are not those of the other ranks"
            : "ranks " + named + " differ")
        + ": memory, a processor or the network has changed numbers; earlier checkpoints are sound,"
        + " so look at the hosts (ranks.json names them) and go on with output.resume";
  }
}
