package dev.tessera.spark.collective;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.spark.settings.Timeouts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/** Ranks on threads of this process, connected over loopback. */
final class Gang implements AutoCloseable {

  static final Timeouts PATIENT =
      new Timeouts(Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(60));
  static final RunIdentity RUN = identity("run", 0, "a secret of this test");

  /** One rank and its thread. */
  private static final class Member {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private Collective collective;
    private Floats.Place place = NativeFloats::of;
    private TorchRuntime runtime;
    private final Deque<AutoCloseable> closed = new ArrayDeque<>();

    void close() throws Exception {
      // On the rank's thread if it is free: it owns what lies on a GPU.
      Future<Void> closing =
          thread.submit(
              () -> {
                for (AutoCloseable one : closed) {
                  one.close();
                }
                return null;
              });
      closing.get(60, TimeUnit.SECONDS);
      thread.shutdownNow();
    }
  }

  private final List<TcpListener> listeners;
  private final List<Member> members;

  private Gang(List<TcpListener> listeners, List<Member> members) {
    this.listeners = listeners;
    this.members = members;
  }

  interface Body<T> {
    T run(Collective collective) throws Exception;
  }

  static RunIdentity identity(String runId, int attempt, String secret) {
    return new RunIdentity(runId, attempt, secret.getBytes(StandardCharsets.UTF_8));
  }

  static Gang single() {
    Member member = new Member();
    member.collective = new SingleProcess();
    return new Gang(List.of(), List.of(member));
  }

  static Gang of(int size, Algorithm algorithm) throws Exception {
    return of(size, algorithm, PATIENT);
  }

  static Gang of(int size, Algorithm algorithm, Timeouts timeouts) throws Exception {
    List<TcpListener> listeners = listeners(size);
    List<Peer> peers = peers(listeners);
    List<Member> members = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      members.add(new Member());
    }
    Gang gang = new Gang(listeners, members);
    gang.onEach(
        (member, rank) -> {
          member.collective =
              TcpCollective.connect(listeners.get(rank), RUN, rank, peers, algorithm, timeouts);
          member.closed.push(member.collective);
        });
    return gang;
  }

  /** Ranks with GPUs that there are not, and {@code natives} in NCCL's place. */
  static Gang standIns(List<InProcessNccl> natives, Timeouts timeouts) throws Exception {
    Gang gang = of(natives.size(), Algorithm.NCCL, timeouts);
    gang.onEach(
        (member, rank) -> {
          member.collective =
              NcclCollective.over(
                  (TcpCollective) member.collective,
                  natives.get(rank),
                  rank,
                  () -> InProcessNccl.STREAM,
                  timeouts);
          member.closed.push(member.collective);
          member.place = values -> NativeFloats.of(values).onDevice(rank);
        });
    return gang;
  }

  static List<InProcessNccl> natives(int size) {
    InProcessNccl.Board board = new InProcessNccl.Board(size);
    return IntStream.range(0, size).mapToObj(rank -> new InProcessNccl(board, rank)).toList();
  }

  /** Ranks on the first GPUs of this machine. */
  static Gang onGpus(int size, Timeouts timeouts) throws Exception {
    AssumeGpus.atLeast(size);
    Gang gang = of(size, Algorithm.NCCL, timeouts);
    gang.onEach(
        (member, rank) -> {
          TorchRuntime runtime = TorchRuntime.onGpu(rank);
          TcpCollective host = (TcpCollective) member.collective;
          member.collective = NcclCollective.over(host, runtime, timeouts);
          member.place = values -> GpuFloats.of(runtime, values);
          member.runtime = runtime;
          member.closed.push(runtime);
          member.closed.push(member.collective);
          member.closed.push(runtime::synchronize);
        });
    return gang;
  }

  private interface MemberStep {
    void run(Member member, int rank) throws Exception;
  }

  private void onEach(MemberStep step) throws Exception {
    List<Future<Void>> steps = new ArrayList<>();
    for (int rank = 0; rank < size(); rank++) {
      Member member = members.get(rank);
      int number = rank;
      steps.add(
          member.thread.submit(
              () -> {
                step.run(member, number);
                return null;
              }));
    }
    for (Future<Void> one : steps) {
      one.get(60, TimeUnit.SECONDS);
    }
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
    return members.size();
  }

  Collective rank(int rank) {
    return members.get(rank).collective;
  }

  /** Floats where {@code collective}, one of this gang's, sums them. */
  Floats put(Collective collective, float... values) {
    return members.get(collective.rank()).place.put(values);
  }

  /** The GPU of a rank of {@link #onGpus}. */
  TorchRuntime runtime(int rank) {
    return members.get(rank).runtime;
  }

  <T> Future<T> start(int rank, Body<T> body) {
    Member member = members.get(rank);
    return member.thread.submit(() -> body.run(member.collective));
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
  public void close() throws ExecutionException, TimeoutException {
    List<Future<Void>> closing = new ArrayList<>();
    ExecutorService closers = Executors.newCachedThreadPool();
    for (Member member : members) {
      // Together: ranks wait for each other before they end a communicator.
      closing.add(
          closers.submit(
              () -> {
                member.close();
                return null;
              }));
    }
    try {
      for (Future<Void> one : closing) {
        one.get(90, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("the end of a gang was interrupted", e);
    }
    closers.shutdown();
    listeners.forEach(TcpListener::close);
  }
}
