package dev.tessera.spark.collective;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.spark.settings.Timeouts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Ranks on threads of this process, connected over loopback. */
final class Gang implements AutoCloseable {

  static final Timeouts PATIENT =
      new Timeouts(Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(60));
  static final RunIdentity RUN = identity("run", 0, "a secret of this test");

  private final List<TcpListener> listeners;
  private final List<Collective> collectives;
  private final ExecutorService threads;

  private Gang(List<TcpListener> listeners, List<Collective> collectives, ExecutorService threads) {
    this.listeners = listeners;
    this.collectives = collectives;
    this.threads = threads;
  }

  interface Body<T> {
    T run(Collective collective) throws Exception;
  }

  static RunIdentity identity(String runId, int attempt, String secret) {
    return new RunIdentity(runId, attempt, secret.getBytes(StandardCharsets.UTF_8));
  }

  static Gang single() {
    return new Gang(List.of(), List.of(new SingleProcess()), Executors.newSingleThreadExecutor());
  }

  static Gang of(int size, Algorithm algorithm) throws Exception {
    return of(size, algorithm, PATIENT);
  }

  static Gang of(int size, Algorithm algorithm, Timeouts timeouts) throws Exception {
    List<TcpListener> listeners = listeners(size);
    List<Peer> peers = peers(listeners);
    ExecutorService threads = Executors.newCachedThreadPool();
    IntFunction<Callable<Collective>> connect =
        rank ->
            () -> TcpCollective.connect(listeners.get(rank), RUN, rank, peers, algorithm, timeouts);
    List<Future<Collective>> connecting = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      connecting.add(threads.submit(connect.apply(rank)));
    }
    List<Collective> collectives = new ArrayList<>();
    for (Future<Collective> one : connecting) {
      collectives.add(one.get(60, TimeUnit.SECONDS));
    }
    return new Gang(listeners, collectives, threads);
  }

  static List<TcpListener> listeners(int size) {
    List<TcpListener> listeners = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      listeners.add(TcpListener.bind("127.0.0.1"));
    }
    return listeners;
  }

  static List<Peer> peers(List<TcpListener> listeners) {
    List<Peer> peers = new ArrayList<>();
    for (TcpListener listener : listeners) {
      peers.add(new Peer(peers.size(), "127.0.0.1", listener.port()));
    }
    return peers;
  }

  int size() {
    return collectives.size();
  }

  Collective rank(int rank) {
    return collectives.get(rank);
  }

  <T> Future<T> start(int rank, Body<T> body) {
    return threads.submit(() -> body.run(collectives.get(rank)));
  }

  /** Runs {@code body} on every rank at once; results by rank. */
  <T> List<T> run(Body<T> body) throws Exception {
    List<Future<T>> running = new ArrayList<>();
    for (int rank = 0; rank < size(); rank++) {
      running.add(start(rank, body));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> one : running) {
      results.add(one.get(90, TimeUnit.SECONDS));
    }
    return results;
  }

  /** The message with which {@code running} fails. */
  static String failure(Future<?> running) throws Exception {
    try {
      running.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CollectiveException) {
        return e.getCause().getMessage();
      }
      throw e;
    }
    throw new AssertionError("a call that should fail has returned");
  }

  @Override
  public void close() {
    collectives.forEach(Collective::close);
    listeners.forEach(TcpListener::close);
    threads.shutdownNow();
  }
}
