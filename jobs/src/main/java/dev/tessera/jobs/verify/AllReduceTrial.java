package dev.tessera.jobs.verify;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.collective.Peer;
import dev.tessera.spark.collective.RunIdentity;
import dev.tessera.spark.collective.TcpCollective;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.settings.Timeouts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The real collective between threads of this process, over loopback. */
final class AllReduceTrial {

  private static final RunIdentity RUN =
      new RunIdentity("verify", 0, "no secret among these".getBytes(StandardCharsets.UTF_8));

  private AllReduceTrial() {}

  /**
   * What was found.
   *
   * @param wrong numbers that are not the exact sum, over all ranks
   * @param unlike ranks whose bits differ from rank 0's
   * @param bytes that each rank sent
   */
  record Found(AllReduceCase of, int wrong, int unlike, List<Long> bytes) {

    long sent() {
      return bytes.stream().mapToLong(b -> b).sum();
    }

    boolean passes() {
      return wrong == 0 && unlike == 0 && (Double.isNaN(of.bytes()) || sent() == of.bytes());
    }

    List<Verdict> verdicts() {
      String name = of.algorithm().name().toLowerCase(Locale.ROOT);
      String what = name + ", " + of.ranks() + " ranks of " + of.length() + ": ";
      List<Verdict> verdicts = new ArrayList<>();
      verdicts.add(new Verdict("allreduce", what + "sums that are not exact", 0, wrong, 0));
      verdicts.add(new Verdict("allreduce", what + "ranks with other bits", 0, unlike, 0));
      if (!Double.isNaN(of.bytes())) {
        verdicts.add(new Verdict("allreduce", what + "bytes sent by all", of.bytes(), sent(), 0));
      }
      return verdicts;
    }

    Map<String, Object> fields() {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("algorithm", of.algorithm().name().toLowerCase(Locale.ROOT));
      fields.put("ranks", of.ranks());
      fields.put("length", of.length());
      fields.put("inexactSums", wrong);
      fields.put("unlikeRanks", unlike);
      fields.put("bytes", bytes);
      fields.put("expectedBytes", Double.isNaN(of.bytes()) ? null : of.bytes());
      fields.put("passes", passes());
      return fields;
    }
  }

  /** Sums whole numbers, of which float32 holds every partial sum exactly. */
  static Found run(TorchRuntime runtime, AllReduceCase of) {
    List<TcpListener> listeners = new ArrayList<>();
    List<NativeTensor> vectors = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(of.ranks());
    try {
      List<Peer> peers = new ArrayList<>();
      for (int rank = 0; rank < of.ranks(); rank++) {
        listeners.add(TcpListener.bind("127.0.0.1"));
        peers.add(new Peer(rank, "127.0.0.1", listeners.get(rank).port()));
        vectors.add(runtime.zeros(DType.FLOAT32, Shape.of(of.length())));
        vectors.get(rank).set(values(of, rank));
      }
      List<Future<Long>> running = new ArrayList<>();
      for (int i = 0; i < of.ranks(); i++) {
        int rank = i;
        running.add(
            threads.submit(
                () -> sum(of, listeners.get(rank), rank, peers, vectors.get(rank).address())));
      }
      List<Long> bytes = new ArrayList<>();
      for (Future<Long> rank : running) {
        bytes.add(rank.get());
      }
      return judge(of, vectors, bytes);
    } catch (ExecutionException e) {
      throw new IllegalStateException("A rank failed: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      threads.shutdownNow();
      listeners.forEach(TcpListener::close);
      vectors.forEach(NativeTensor::close);
    }
  }

  private static long sum(
      AllReduceCase of, TcpListener listener, int rank, List<Peer> peers, long address) {
    try (TcpCollective collective =
        TcpCollective.connect(listener, RUN, rank, peers, of.algorithm(), Timeouts.standard())) {
      collective.allReduce(FloatMemory.host(address, of.length()));
      // The barrier's own bytes do not count, and nobody leaves while others still receive.
      long sent = collective.bytesSent();
      collective.barrier();
      return sent;
    }
  }

  private static float[] values(AllReduceCase of, int rank) {
    float[] values = new float[of.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(rank, i);
    }
    return values;
  }

  private static int value(int rank, int i) {
    return (int) ((7919L * i + 104_729L * rank) % 20_011) - 10_005;
  }

  private static Found judge(AllReduceCase of, List<NativeTensor> vectors, List<Long> bytes) {
    int wrong = 0;
    int unlike = 0;
    float[] first = vectors.get(0).toFloats();
    for (NativeTensor vector : vectors) {
      float[] sums = vector.toFloats();
      unlike += Arrays.equals(first, sums) ? 0 : 1;
      for (int i = 0; i < sums.length; i++) {
        int exact = 0;
        for (int rank = 0; rank < of.ranks(); rank++) {
          exact += value(rank, i);
        }
        wrong += sums[i] == exact ? 0 : 1;
      }
    }
    return new Found(of, wrong, unlike, bytes);
  }
}
