package dev.tessera.spark.barrier;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.master.MasterMessages;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointAddress;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.rpc.RpcTimeout;
import scala.concurrent.Await;
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

  /** A worker's cores, memory and GPUs, and what no application holds of them. */
  record Worker(
      int cores, int coresFree, long mebibytes, long mebibytesFree, int gpus, int gpusFree) {}

  Workers {
    alive = List.copyOf(alive);
  }

  /** Empty on other clusters, and where the master or its page does not answer. */
  static Optional<Workers> ask(SparkContext spark) {
    String masters = spark.master();
    if (!masters.startsWith(STANDALONE)) {
      return Optional.empty();
    }
    for (String master : masters.substring(STANDALONE.length()).split(",", -1)) {
      Optional<Workers> workers = ofMaster(SparkEnv.get().rpcEnv(), STANDALONE + master, PATIENCE);
      if (workers.isPresent()) {
        return workers;
      }
    }
    return Optional.empty();
  }

  /** Empty where this master does not answer, or stands by: then it knows of no worker. */
  static Optional<Workers> ofMaster(RpcEnv rpc, String master, Duration patience) {
    try {
      Workers workers = ask(rpc, URI.create(master), patience);
      return Optional.of(workers).filter(some -> !some.alive().isEmpty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (Exception e) {
      // The next one, or nobody knows.
      return Optional.empty();
    }
  }

  /** The port of a master's page is whatever was free: the master itself knows it. */
  private static Workers ask(RpcEnv rpc, URI master, Duration patience) throws Exception {
    ClassTag<MasterMessages.BoundPortsResponse> tag =
        ClassTag$.MODULE$.apply(MasterMessages.BoundPortsResponse.class);
    FiniteDuration longest = new FiniteDuration(patience.toMillis(), TimeUnit.MILLISECONDS);
    String endpoint =
        new RpcEndpointAddress(new RpcAddress(master.getHost(), master.getPort()), "Master")
            .toString();
    // Spark's own look-up waits for two minutes.
    MasterMessages.BoundPortsResponse ports =
        Await.result(rpc.asyncSetupEndpointRefByURI(endpoint), longest)
            .askSync(
                MasterMessages.BoundPortsRequest$.MODULE$,
                new RpcTimeout(longest, "spark.rpc.askTimeout"),
                tag);
    URLConnection page =
        URI.create("http://" + master.getHost() + ":" + ports.webUIPort() + "/json/")
            .toURL()
            .openConnection();
    page.setConnectTimeout((int) patience.toMillis());
    page.setReadTimeout((int) patience.toMillis());
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
                worker.path("memoryfree").asLong(),
                gpus(worker, "resources"),
                gpus(worker, "resourcesfree")));
      }
    }
    return new Workers(alive);
  }

  /** How many GPUs a worker has of {@code resources}, or of those that are free. */
  private static int gpus(JsonNode worker, String resources) {
    return worker.path(resources).path("gpu").path("addresses").size();
  }

  int mostCores() {
    return alive.stream().mapToInt(Worker::cores).max().orElse(0);
  }

  long mostMebibytes() {
    return alive.stream().mapToLong(Worker::mebibytes).max().orElse(0);
  }

  int mostGpus() {
    return alive.stream().mapToInt(Worker::gpus).max().orElse(0);
  }

  /** As "2 workers of 4 cores and 2048 MiB", with their GPUs if some have any. */
  @Override
  public String toString() {
    if (alive.isEmpty()) {
      return "no worker";
    }
    return (alive.size() == 1 ? "1 worker" : alive.size() + " workers")
        + " of "
        + and(
            range(alive.stream().mapToLong(Worker::cores).toArray()) + " cores",
            range(alive.stream().mapToLong(Worker::mebibytes).toArray()) + " MiB",
            range(alive.stream().mapToLong(Worker::gpus).toArray()) + " GPUs")
        + (alive.size() > 1 ? " each" : "");
  }

  /** What no application holds, as "1 of 8 cores and 512 of 4096 MiB". */
  String free() {
    return and(
        sum(Worker::coresFree) + " of " + sum(Worker::cores) + " cores",
        sum(Worker::mebibytesFree) + " of " + sum(Worker::mebibytes) + " MiB",
        sum(Worker::gpusFree) + " of " + sum(Worker::gpus) + " GPUs");
  }

  private long sum(ToLongFunction<Worker> of) {
    return alive.stream().mapToLong(of).sum();
  }

  private String and(String cores, String memory, String gpus) {
    return mostGpus() == 0 ? cores + " and " + memory : cores + ", " + memory + " and " + gpus;
  }

  private static String range(long[] values) {
    long least = Arrays.stream(values).min().orElse(0);
    long most = Arrays.stream(values).max().orElse(0);
    return least == most ? Long.toString(least) : least + " to " + most;
  }
}
