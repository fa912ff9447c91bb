package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Recursive halving and doubling with the nearest rank first (Thakur, Rabenseifner and Gropp 2005).
 * In round {@code k} of the halving, ranks that differ in bit {@code k} exchange the parts whose
 * number differs from theirs in that bit, and add; so every element is summed along one binary
 * tree, and rank {@code r} is left with part {@code r}. The doubling runs back.
 */
record TreeSchedule() implements Schedule {

  @Override
  public void allReduce(Call call, FloatMemory memory) {
    Leaves leaves = Leaves.of(call.rank(), call.size());
    int last = 2 * leaves.rounds() + 1;
    if (leaves.follows(call.rank())) {
      int leader = call.rank() - 1;
      call.exchange(call.send(0, leader, Segments.of(memory)), null);
      call.exchange(null, call.receive(last, leader, Segments.of(memory), 0));
      return;
    }
    if (leaves.leads(call.rank())) {
      Segments whole = Segments.of(memory);
      call.exchange(null, call.receive(0, call.rank() + 1, whole, whole.count()));
    }
    if (Workspace.holdsWhole(memory)) {
      doubleWhole(call, memory, leaves);
    } else {
      halve(call, memory, leaves);
      redouble(call, memory, leaves);
    }
    if (leaves.leads(call.rank())) {
      call.exchange(call.send(last, call.rank() + 1, Segments.of(memory)), null);
    }
  }

  /** With a number of ranks that is no power of two the whole sum is made, everywhere. */
  @Override
  public void reduceScatter(Call call, FloatMemory memory) {
    Leaves leaves = Leaves.of(call.rank(), call.size());
    if (leaves.count() == call.size()) {
      halve(call, memory, leaves);
    } else {
      allReduce(call, memory);
    }
  }

  /** Copies have no order of sums: with other numbers of ranks the ring serves. */
  @Override
  public void allGather(Call call, FloatMemory memory) {
    Leaves leaves = Leaves.of(call.rank(), call.size());
    if (leaves.count() == call.size()) {
      redouble(call, memory, leaves);
    } else {
      new RingSchedule().allGather(call, memory);
    }
  }

  private static void halve(Call call, FloatMemory memory, Leaves leaves) {
    for (int k = 0; k < leaves.rounds(); k++) {
      int other = leaves.leaf() ^ (1 << k);
      Segments kept = alike(memory, leaves.count(), leaves.leaf(), k + 1);
      Segments given = alike(memory, leaves.count(), other, k + 1);
      int partner = leaves.rank(other);
      call.exchange(
          call.send(1 + k, partner, given), call.receive(1 + k, partner, kept, kept.count()));
    }
  }

  private static void redouble(Call call, FloatMemory memory, Leaves leaves) {
    for (int k = leaves.rounds() - 1; k >= 0; k--) {
      int other = leaves.leaf() ^ (1 << k);
      int round = 2 * leaves.rounds() - k;
      int partner = leaves.rank(other);
      call.exchange(
          call.send(round, partner, alike(memory, leaves.count(), leaves.leaf(), k + 1)),
          call.receive(round, partner, alike(memory, leaves.count(), other, k + 1), 0));
    }
  }

  /** The same tree with whole vectors: every rank makes every sum itself, in half the rounds. */
  private static void doubleWhole(Call call, FloatMemory memory, Leaves leaves) {
    for (int k = 0; k < leaves.rounds(); k++) {
      call.exchangeWhole(1 + k, leaves.rank(leaves.leaf() ^ (1 << k)), memory);
    }
  }

  /** The parts whose numbers end in the same {@code bits} bits as {@code leaf}. */
  private static Segments alike(FloatMemory memory, int count, int leaf, int bits) {
    List<Integer> numbers = new ArrayList<>();
    for (int part = leaf & ((1 << bits) - 1); part < count; part += 1 << bits) {
      numbers.add(part);
    }
    return Segments.parts(memory, count, numbers);
  }
}
