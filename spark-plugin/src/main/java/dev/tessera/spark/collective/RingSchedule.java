package dev.tessera.spark.collective;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.FloatMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * The ring of Patarasuk and Yuan (2009). Part {@code p} travels to the right from rank {@code p+1},
 * gathering sums, until rank {@code p} holds the whole; then it travels round once more as it is.
 *
 * <p>What a rank sends after its first part is what it has received, in the same order: the whole
 * call is one message each way in which bytes are passed on as they come, not step by step.
 */
record RingSchedule() implements Schedule {

  @Override
  public void allReduce(Call call, FloatMemory memory) {
    int n = call.size();
    if (n == 2 && Workspace.holdsWhole(memory)) {
      call.exchangeWhole(0, 1 - call.rank(), memory);
    } else {
      turn(call, memory, call.rank() - 1, 2 * (n - 1), n - 1);
    }
  }

  @Override
  public void reduceScatter(Call call, FloatMemory memory) {
    turn(call, memory, call.rank() - 1, call.size() - 1, call.size() - 1);
  }

  @Override
  public void allGather(Call call, FloatMemory memory) {
    turn(call, memory, call.rank(), call.size() - 1, 0);
  }

  /**
   * Sends parts {@code first, first-1, ...} to the right while those one lower come from the left.
   *
   * @param steps parts to send
   * @param sums how many of the first received ones are added
   */
  private static void turn(Call call, FloatMemory memory, int first, int steps, int sums) {
    int n = call.size();
    Segments out = Segments.parts(memory, n, descending(first, steps, n));
    Segments in = Segments.parts(memory, n, descending(first - 1, steps, n));
    long lead = Collective.part(memory, Math.floorMod(first, n), n).bytes();
    int summed = Segments.parts(memory, n, descending(first - 1, sums, n)).count();
    call.exchange(
        call.send(0, (call.rank() + 1) % n, out, lead),
        call.receive(0, (call.rank() + n - 1) % n, in, summed));
  }

  private static List<Integer> descending(int first, int count, int n) {
    List<Integer> numbers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      numbers.add(Math.floorMod(first - i, n));
    }
    return numbers;
  }
}
