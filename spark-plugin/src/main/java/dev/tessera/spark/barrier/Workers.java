package dev.tessera.spark.barrier;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.master.MasterMessages;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcTimeout;
import scala.concurrent.duration.FiniteDuration;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * The workers of a standalone cluster that are alive, as its master tells them on its page.
 *
 * @param alive in the master's order
 */
record Workers(List<Worker> alive) {

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String STANDALONE = "spark://";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A worker's cores and memory, and what no application holds of them. */
  record Worker(int cores, int coresFree, long mebibytes, long mebibytesFree) {}

  Workers {
    alive = List.copyOf(alive);
  }

  /** Empty on other clusters, and where the master or its page does not answer. */
  static Optional<Workers> ask(SparkContext spark) {
    String masters = spark.master();
    if (!masters.startsWith(STANDALONE)) {
      return Optional.empty();
    }
    for (String master : masters.substring(STANDALONE.length()).split(",")) {
      try {
        Workers workers = ofMaster(URI.create(STANDALONE + master));
        if (!workers.alive().isEmpty()) {
          return Optional.of(workers); // A master that stands by knows of none.
        }
      } catch (IOException | RuntimeException e) {
        // The next one, or nobody knows.
      }
    }
    return Optional.empty();
  }

  /** The port of a master's page is whatever was free: the master itself knows it. */
  private static Workers ofMaster(URI master) throws IOException {
    ClassTag<MasterMessages.BoundPortsResponse> tag =
        ClassTag$.MODULE$.apply(MasterMessages.BoundPortsResponse.class);
    RpcTimeout timeout =
        new RpcTimeout(
            new FiniteDuration(PATIENCE.toSeconds(), TimeUnit.SECONDS), "spark.rpc.askTimeout");
    MasterMessages.BoundPortsResponse ports =
        SparkEnv.get()
            .rpcEnv()
            .setupEndpointRef(new RpcAddress(master.getHost(), master.getPort()), "Master")
            .askSync(MasterMessages.BoundPortsRequest$.MODULE$, timeout, tag);
    URLConnection page =
        URI.create("http://" + master.getHost() + ":" + ports.webUIPort() + "/json/")
            .toURL()
            .openConnection();
    page.setConnectTimeout((int) PATIENCE.toMillis());
    page.setReadTimeout((int) PATIENCE.toMillis());
    try (InputStream in = page.getInputStream()) {
      return of(JSON.readTree(in));
    }
  }

  static Workers of(JsonNode page) {
    List<Worker> alive = new ArrayList<>();
    for (JsonNode worker : page.path("workers")) {
      if (worker.path("state").asText().equals("ALIVE")) {
        alive.add(
            new Worker(
                worker.path("cores").asInt(),
                worker.path("coresfree").asInt(),
                worker.path("memory").asLong(),
                worker.path("memoryfree").asLong()));
      }
    }
    return new Workers(alive);
  }

  int mostCores() {
    return alive.stream().mapToInt(Worker::cores).max().orElse(0);
  }

  long mostMebibytes() {
    return alive.stream().mapToLong(Worker::mebibytes).max().orElse(0);
  }

  /** As "2 workers of 4 cores and 2048 MiB". */
  @Override
  public String toString() {
    if (alive.isEmpty()) {
      return "no worker";
    }
    return (alive.size() == 1 ? "1 worker" : alive.size() + " workers")
        + " of "
        + range(alive.stream().mapToLong(Worker::cores).toArray())
        + " cores and "
        + range(alive.stream().mapToLong(Worker::mebibytes).toArray())
        + " MiB"
        + (alive.size() > 1 ? " each" : "");
  }

  /** What no application holds, as "1 of 8 cores and 512 of 4096 MiB". */
  String free() {
    return alive.stream().mapToInt(Worker::coresFree).sum()
        + " of "
        + alive.stream().mapToInt(Worker::cores).sum()
        + " cores and "
        + alive.stream().mapToLong(Worker::mebibytesFree).sum()
        + " of "
        + alive.stream().mapToLong(Worker::mebibytes).sum()
        + " MiB";
  }

  private static String range(long[] values) {
    long least = Arrays.stream(values).min().orElse(0);
    long most = Arrays.stream(values).max().orElse(0);
    return least == most ? Long.toString(least) : least + " to " + most;
  }
}
