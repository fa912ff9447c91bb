package dev.tessera.spark.collective;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.spark.settings.Timeouts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A rank in a process of its own: sums until its collective breaks, and prints why. */
final class ProcessRank {

  private ProcessRank() {}

  public static void main(String[] arguments) throws IOException {
    int rank = Integer.parseInt(arguments[0]);
    Algorithm algorithm = Algorithm.valueOf(arguments[1]);
    Timeouts timeouts =
        new Timeouts(
            Gang.PATIENT.connect(), Duration.parse(arguments[2]), Duration.parse(arguments[3]));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TcpListener listener = TcpListener.bind("127.0.0.1")) {
      System.out.println(listener.port());
      List<Peer> peers = new ArrayList<>();
      for (String port : in.readLine().split(" ", -1)) {
        peers.add(new Peer(peers.size(), "127.0.0.1", Integer.parseInt(port)));
      }
      try (Collective c =
          TcpCollective.connect(listener, Gang.RUN, rank, peers, algorithm, timeouts)) {
        sumForever(c);
      }
    }
  }

  private static void sumForever(Collective c) {
    NativeFloats floats = NativeFloats.of(new float[1 << 20]);
    try {
      for (int i = 0; true; i++) {
        c.allReduce(floats.memory());
        if (i == 3) {
          System.out.println("running");
        }
      }
    } catch (CollectiveException e) {
      System.out.println(e.getMessage());
    }
  }
}
