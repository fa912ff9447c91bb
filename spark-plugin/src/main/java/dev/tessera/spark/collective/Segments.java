package dev.tessera.spark.collective;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.FloatMemory;
import java.util.ArrayList;
import java.util.List;

/** Runs of tensor memory in the order in which a message carries them. */
final class Segments {

  /** What one buffer views: a whole number of floats below 2 GiB. */
  private static final long MAX_ELEMENTS = 1L << 28;

  private final List<FloatMemory> runs = new ArrayList<>();
  private long bytes;

  static Segments of(FloatMemory memory) {
    return new Segments().add(memory);
  }

  /** The parts of {@code memory} with the given numbers, of {@code n}. */
  static Segments parts(FloatMemory memory, int n, Iterable<Integer> numbers) {
    Segments segments = new Segments();
    for (int part : numbers) {
      segments.add(Collective.part(memory, part, n));
    }
    return segments;
  }

  Segments add(FloatMemory memory) {
    for (long at = 0; at < memory.elements(); at += MAX_ELEMENTS) {
      runs.add(memory.slice(at, Math.min(MAX_ELEMENTS, memory.elements() - at)));
    }
    bytes += memory.bytes();
    return this;
  }

  int count() {
    return runs.size();
  }

  FloatMemory run(int i) {
    return runs.get(i);
  }

  long bytes() {
    return bytes;
  }
}
