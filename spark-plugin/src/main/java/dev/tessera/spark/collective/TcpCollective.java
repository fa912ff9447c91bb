package dev.tessera.spark.collective;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A collective over TCP on tensors in host memory, without copies through Java arrays. Operations
 * run on the caller's thread, one at a time; {@link #abort} and {@link #close} may be called from
 * any.
 */
public final class TcpCollective implements Collective {

  private final int rank;
  private final int size;
  private final Mesh mesh;
  private final Duration failure;
  private final Duplex duplex;
  private final Schedule schedule;
  private final Workspace workspace = new Workspace();
  private final AtomicLong bytesSent = new AtomicLong();
  private final AtomicBoolean busy = new AtomicBoolean();
  private long sequence;

  private TcpCollective(int rank, int size, Mesh mesh, Algorithm algorithm, Timeouts timeouts) {
    this.rank = rank;
    this.size = size;
    this.mesh = mesh;
    this.failure = timeouts.failure();
    this.duplex = new Duplex(mesh.selector(), mesh, timeouts);
    this.schedule = Schedule.of(algorithm);
  }

  /**
   * Connects this rank with all others; returns once it is connected with each.
   *
   * @param listener this rank's, whose port {@code peers} names; it is closed then
   * @param peers all ranks in order, this one among them
   * @throws CollectiveException if a rank is not connected by the deadline, refuses the connection,
   *     or the listener is closed
   */
  public static TcpCollective connect(
      TcpListener listener,
      RunIdentity run,
      int rank,
      List<Peer> peers,
      Algorithm algorithm,
      Timeouts timeouts) {
    PeerTable table = new PeerTable(peers);
    if (rank < 0 || rank >= table.size()) {
      throw new IllegalArgumentException(
          "rank: " + rank + " (expected: 0 to " + (table.size() - 1) + ")");
    }
    Mesh mesh = new Rendezvous(listener, run, rank, table, timeouts.connect()).meet();
    return new TcpCollective(rank, table.size(), mesh, algorithm, timeouts);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void allReduce(FloatMemory memory) {
    onHost(memory);
    run(Operation.ALL_REDUCE, memory.elements(), 0, call -> schedule.allReduce(call, memory));
  }

  @Override
  public void reduceScatter(FloatMemory memory) {
    onHost(memory);
    run(
        Operation.REDUCE_SCATTER,
        memory.elements(),
        0,
        call -> schedule.reduceScatter(call, memory));
  }

  @Override
  public void allGather(FloatMemory memory) {
    onHost(memory);
    run(Operation.ALL_GATHER, memory.elements(), 0, call -> schedule.allGather(call, memory));
  }

  @Override
  public void broadcast(FloatMemory memory, int root) {
    onHost(memory);
    if (root < 0 || root >= size) {
      throw new IllegalArgumentException("root: " + root + " (expected: 0 to " + (size - 1) + ")");
    }
    run(Operation.BROADCAST, memory.elements(), root, call -> Relay.broadcast(call, memory, root));
  }

  @Override
  public void barrier() {
    run(Operation.BARRIER, 0, 0, Relay::barrier);
  }

  @Override
  public void apart(String what, Runnable work) {
    Apart told = Apart.begins(what);
    mesh.apart(told);
    try {
      work.run();
    } finally {
      mesh.apart(told.ends(failure));
    }
  }

  @Override
  public long bytesSent() {
    return bytesSent.get();
  }

  @Override
  public void abort(String reason) {
    mesh.fail(
        "The collective was aborted: " + reason,
        "Rank " + rank + " aborted the collective: " + reason);
  }

  @Override
  public void close() {
    mesh.close();
  }

  /**
   * Also told, besides the log, when an operation does not move; quick, from the rank's threads.
   */
  public void onWarning(Consumer<String> told) {
    mesh.onWarning(told);
  }

  /** The connections that a collective built on this one shares. */
  Mesh mesh() {
    return mesh;
  }

  /** Numbers a step whose operations travel elsewhere, so that peers know how far this rank is. */
  MessageHeader enterStep() {
    MessageHeader step = new MessageHeader(++sequence, Operation.STEP, 0, 0, 0);
    mesh.enter(step);
    mesh.leave();
    return step;
  }

  private void run(Operation operation, long elements, int root, Consumer<Call> body) {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          operation + " called while another thread is in an operation of the same collective");
    }
    try {
      MessageHeader header = new MessageHeader(++sequence, operation, elements, root, 0);
      mesh.enter(header);
      if (size > 1) {
        Call call = new Call(mesh, duplex, workspace, header, rank, size);
        body.accept(call);
        bytesSent.addAndGet(call.sent());
      }
    } catch (OutOfStepException e) {
      throw mesh.broken(e.getMessage(), e);
    } finally {
      mesh.leave();
      busy.set(false);
    }
  }

  private static void onHost(FloatMemory memory) {
    if (!memory.onHost()) {
      throw new IllegalArgumentException(
          "memory: on device " + memory.device() + " (expected: host memory over TCP)");
    }
  }
}
