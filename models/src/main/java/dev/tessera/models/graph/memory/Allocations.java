package dev.tessera.models.graph.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory that one call of a program asks for and gives back, in order, as far as its values'
 * lifetimes tell.
 */
public final class Allocations {

  /** Asked for and given back by whoever listens. */
  public interface Memory<B> {
    B allocate(long bytes);

    void free(B block);
  }

  public static final Allocations NONE = new Allocations(new long[0], new int[0]);

  /** Marks what is asked for in exact float32 alone. */
  private static final long EXACT = 1L << 62;

  /** Bytes asked for, or -1 - n for the n-th of these given back. */
  private final long[] events;

  /** Of each result the number of what was asked for; -1 where it has no memory of its own. */
  private final int[] results;

  private Allocations(long[] events, int[] results) {
    this.events = events;
    this.results = results;
  }

  /**
   * What is left when a call has returned.
   *
   * @param blocks all of it, in the order in which it was asked for
   * @param ofResults of each result; null where it has no memory of its own
   */
  public record Left<B>(List<B> blocks, List<B> ofResults) {}

  /**
   * Asks {@code memory} as a call would.
   *
   * @param exact whether the device computes float32 as such, and not as tf32
   */
  public <B> Left<B> replay(Memory<B> memory, boolean exact) {
    List<B> blocks = new ArrayList<>();
    for (long event : events) {
      if (event >= 0) {
        boolean asked = exact || event < EXACT;
        blocks.add(asked ? memory.allocate(event & ~EXACT) : null);
      } else {
        B block = blocks.set(Math.toIntExact(-1 - event), null);
        if (block != null) {
          memory.free(block);
        }
      }
    }
    List<B> ofResults = new ArrayList<>();
    for (int number : results) {
      ofResults.add(number < 0 ? null : blocks.get(number));
    }
    blocks.removeIf(block -> block == null);
    return new Left<>(blocks, ofResults);
  }

  /** Writes them down. */
  static final class Recorder {
    private long[] events = new long[64];
    private int size;
    private int asked;

    /** Returns the number by which it is given back. */
    int allocate(long bytes) {
      add(bytes);
      return asked++;
    }

    /** For a moment, in exact float32 alone. */
    void exactScratch(long bytes) {
      add(EXACT | bytes);
      free(asked++);
    }

    void free(int number) {
      add(-1L - number);
    }

    private void add(long event) {
      if (size == events.length) {
        events = Arrays.copyOf(events, 2 * size);
      }
      events[size++] = event;
    }

    /**
     * @param results numbers of what results take; -1 for none
     */
    Allocations finish(int... results) {
      return new Allocations(Arrays.copyOf(events, size), results);
    }
  }
}
