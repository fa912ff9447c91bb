package dev.tessera.jobs.bench;

import ai.djl.engine.Engine;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.collective.NcclCollective;
import dev.tessera.spark.collective.NcclLibrary;
import dev.tessera.spark.collective.Peer;
import dev.tessera.spark.collective.RunIdentity;
import dev.tessera.spark.collective.TcpCollective;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.settings.Timeouts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One rank of ours in {@link AllReduceBench}: speaks the same lines as the peer's script.
 * Arguments: rank, algorithm, device, encryption. It prints its port and reads the ports of all
 * ranks first.
 */
final class AllReduceRank {

  private AllReduceRank() {}

  public static void main(String[] arguments) throws IOException {
    int rank = Integer.parseInt(arguments[0]);
    Algorithm algorithm = Algorithm.valueOf(arguments[1]);
    boolean gpu = Ranks.Device.valueOf(arguments[2]) == Ranks.Device.GPU;
    Engine.getEngine("PyTorch"); // the ranks of a run have libtorch loaded, and sum with its BLAS
    RunIdentity run =
        new RunIdentity(
            "bench",
            0,
            "no secret among these".getBytes(StandardCharsets.UTF_8),
            Boolean.parseBoolean(arguments[3]));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TcpListener listener = TcpListener.bind("127.0.0.1")) {
      System.out.println(listener.port());
      List<Peer> peers = new ArrayList<>();
      for (String port : in.readLine().split(" ", -1)) {
        peers.add(new Peer(peers.size(), "127.0.0.1", Integer.parseInt(port)));
      }
      try (TcpCollective collective =
          TcpCollective.connect(listener, run, rank, peers, algorithm, Timeouts.standard())) {
        if (gpu) {
          serveOnGpu(collective, in);
        } else {
          serve(new HostSums(collective), "", in);
        }
      }
    }
  }

  private static void serveOnGpu(TcpCollective host, BufferedReader in) throws IOException {
    try (TorchRuntime runtime = TorchRuntime.onGpu(host.rank());
        Collective collective = NcclCollective.over(host, runtime, Timeouts.standard())) {
      serve(new DeviceSums(collective, runtime), ", NCCL " + NcclLibrary.open().version(), in);
    }
  }

  private static void serve(AllReduceTimer timer, String with, BufferedReader in)
      throws IOException {
    System.out.println("ready Java " + Runtime.version().feature() + with);
    for (String line; (line = in.readLine()) != null && line.startsWith("run "); ) {
      String[] words = line.split(" ", -1);
      System.out.println(
          timer.time(
              Long.parseLong(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3])));
    }
  }
}
