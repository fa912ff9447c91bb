package dev.tessera.models.train;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.runtime.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds the ranks' parameters to each other before a checkpoint: every rank makes each update
 * itself, so what a memory, a processor or a network changes on one of them stays, and rank 0 alone
 * writes.
 *
 * <p>Sums between ranks are the same bits on all of them by every algorithm, since one rank adds
 * and the others copy. Updates are not where ranks compute on unlike platforms, whose kernels round
 * and order sums each in its own way: then nothing is broken, and the copies drift apart all the
 * same.
 */
final class ReplicaCheck {

  /** Both numbers travel as exact small floats, in the sums that every collective has. */
  private static final int PIECE_BITS = 16;

  private static final int PIECES = Long.SIZE / PIECE_BITS;

  /** What a rank tells: of its parameters, and of what it computes on. */
  record Told(int checksum, int platform) {

    private long bits() {
      return ((long) platform << Integer.SIZE) | Integer.toUnsignedLong(checksum);
    }

    private static Told of(long bits) {
      return new Told((int) bits, (int) (bits >>> Integer.SIZE));
    }
  }

  private static final String BROKEN =
      ": memory, a processor or the network has changed numbers; earlier checkpoints are sound, so"
          + " look at the hosts (ranks.json names them) and go on with output.resume";

  private static final String UNLIKE =
      ": these ranks compute on unlike processors, GPUs, numbers of threads or libtorch, which round"
          + " unlike, so nothing need be broken; give all ranks hosts of one kind (on CPUs"
          + " try spark.executorEnv.ATEN_CPU_CAPABILITY=default, the same kernels for all) and go on"
          + " with output.resume; if they differ on alike hosts too, memory, a processor or the"
          + " network changes numbers";

  private ReplicaCheck() {}

  /**
   * Compares checksums of all ranks' parameters; every rank calls it, and every rank throws.
   *
   * @throws ReplicasDifferException naming the ranks in the minority
   */
  static void require(TrainingState state, Collective collective, Platform platform) {
    if (collective.size() > 1) {
      Told own = new Told(state.checksum(), platform.fingerprint());
      compare(exchange(own, collective), state.images());
    }
  }

  private static List<Told> exchange(Told own, Collective collective) {
    int size = collective.size();
    long floats = floats(size);
    try (Memory memory = new Memory(floats * Float.BYTES)) {
      memory.clear();
      for (int piece = 0; piece < PIECES; piece++) {
        float value = (own.bits() >>> (piece * PIECE_BITS)) & 0xffff;
        memory.setFloat(at(collective.rank(), piece), value);
      }
      collective.allReduce(FloatMemory.host(Pointer.nativeValue(memory), floats));
      List<Told> all = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        long bits = 0;
        for (int piece = 0; piece < PIECES; piece++) {
          bits |= (long) memory.getFloat(at(rank, piece)) << (piece * PIECE_BITS);
        }
        all.add(Told.of(bits));
      }
      return all;
    }
  }

  /** What the exchange sums. */
  static long floats(int size) {
    return (long) size * PIECES;
  }

  private static long at(int rank, int piece) {
    return ((long) rank * PIECES + piece) * Float.BYTES;
  }

  static void compare(List<Told> told, long images) {
    Map<Integer, List<Integer>> ranks = new TreeMap<>();
    for (int rank = 0; rank < told.size(); rank++) {
      ranks.computeIfAbsent(told.get(rank).checksum(), sum -> new ArrayList<>()).add(rank);
    }
    if (ranks.size() > 1) {
      boolean alike = told.stream().mapToInt(Told::platform).distinct().count() == 1;
      throw new ReplicasDifferException(sentence(ranks, images) + (alike ? BROKEN : UNLIKE));
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
            : "ranks " + named + " differ");
  }
}
