package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;

/** The operations without sums, the same for every schedule. */
final class Relay {

  private Relay() {}

  /** A chain from the root to the right; every rank passes bytes on as they come. */
  static void broadcast(Call call, FloatMemory memory, int root) {
    int n = call.size();
    int distance = Math.floorMod(call.rank() - root, n);
    Inbox in =
        distance == 0 ? null : call.receive(0, (call.rank() + n - 1) % n, Segments.of(memory), 0);
    Outbox out =
        distance == n - 1
            ? null
            : call.send(
                0, (call.rank() + 1) % n, Segments.of(memory), distance == 0 ? memory.bytes() : 0);
    call.exchange(out, in);
  }

  /** The dissemination barrier (Hensgen, Finkel and Manber 1988). */
  static void barrier(Call call) {
    int n = call.size();
    for (int round = 0; 1 << round < n; round++) {
      int distance = 1 << round;
      call.exchange(
          call.send(round, (call.rank() + distance) % n, new Segments()),
          call.receive(round, Math.floorMod(call.rank() - distance, n), new Segments(), 0));
    }
  }
}
