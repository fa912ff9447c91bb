package dev.tessera.jobs.bench;

import ai.djl.engine.Engine;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.train.Collective;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.collective.Peer;
import dev.tessera.spark.collective.RunIdentity;
import dev.tessera.spark.collective.TcpCollective;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.settings.Timeouts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * One rank of ours in {@link AllReduceBench}: speaks the same lines as the peer's script.
 * Arguments: rank, world size, algorithm. It prints its port and reads the ports of all ranks
 * first.
 */
final class AllReduceRank {

  private final Collective collective;

  private AllReduceRank(Collective collective) {
    this.collective = collective;
  }

  public static void main(String[] arguments) throws IOException {
    int rank = Integer.parseInt(arguments[0]);
    Engine.getEngine("PyTorch"); // the ranks of a run have libtorch loaded, and sum with its BLAS
    RunIdentity run =
        new RunIdentity("bench", 0, "no secret among these".getBytes(StandardCharsets.UTF_8));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TcpListener listener = TcpListener.bind("127.0.0.1")) {
      System.out.println(listener.port());
      List<Peer> peers = new ArrayList<>();
      for (String port : in.readLine().split(" ", -1)) {
        peers.add(new Peer(peers.size(), "127.0.0.1", Integer.parseInt(port)));
      }
      Algorithm algorithm = Algorithm.valueOf(arguments[2]);
      try (Collective collective =
          TcpCollective.connect(listener, run, rank, peers, algorithm, Timeouts.standard())) {
        System.out.println("ready Java " + Runtime.version().feature());
        new AllReduceRank(collective).serve(in);
      }
    }
  }

  private void serve(BufferedReader in) throws IOException {
    for (String line; (line = in.readLine()) != null && line.startsWith("run "); ) {
      String[] words = line.split(" ", -1);
      System.out.println(
          time(Long.parseLong(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3])));
    }
  }

  private String time(long bytes, int warmup, int iterations) {
    StringJoiner seconds = new StringJoiner(",", "[", "]");
    try (Memory tensor = new Memory(bytes)) {
      FloatMemory memory = FloatMemory.host(Pointer.nativeValue(tensor), bytes / Float.BYTES);
      for (int i = 0; i < warmup + iterations; i++) {
        fill(tensor, bytes);
        collective.barrier();
        long start = System.nanoTime();
        collective.allReduce(memory);
        if (i >= warmup) {
          seconds.add(Double.toString((System.nanoTime() - start) / 1e9));
        }
      }
      check(tensor, bytes);
    }
    return seconds.toString();
  }

  private static void fill(Memory tensor, long bytes) {
    FloatBuffer floats =
        tensor.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < floats.capacity(); i++) {
      floats.put(i, 1f);
    }
  }

  private void check(Memory tensor, long bytes) {
    for (long at : new long[] {0, bytes / 2, bytes - Float.BYTES}) {
      if (tensor.getFloat(at) != collective.size()) {
        throw new IllegalStateException("sum " + tensor.getFloat(at) + " at byte " + at);
      }
    }
  }
}
