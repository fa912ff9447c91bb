package dev.tessera.spark.collective;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A collective between GPUs: what lies in a GPU's memory goes through NCCL, all else through the
 * TCP collective that it stands on, which also knows when a peer is lost.
 *
 * <p>An operation on a GPU's memory returns once it is given to the rank's current stream. It takes
 * its place among the rank's other work there: nothing waits on the host, nothing is allocated, and
 * a CUDA graph captures it. Its result is there for whatever is given to the stream later. Vectors
 * that the ranks do not divide equally are scattered and gathered part by part, in one group.
 *
 * <p><b>Failure.</b> The device waits for a lost peer for ever. So whatever breaks the TCP
 * collective ({@link #abort}, a peer's death or message, NCCL's own asynchronous error, the
 * deadline of {@link #awaiting}) also ends NCCL's communicator, on a thread of its own: kernels
 * that wait return, and so does the host that waits for them, with a {@link CollectiveException}.
 * No step is launched afterwards; the values that the device has are of no use. The process and its
 * GPU stay sound, and a later attempt makes a new communicator. Only where the rank sits inside a
 * call of NCCL itself for longer than {@value NcclWatch#GRACE_SECONDS} s is the communicator taken
 * from under it, which may end the process; Spark replaces it.
 */
public final class NcclCollective implements Collective {

  private static final Logger LOG = LoggerFactory.getLogger(NcclCollective.class);
  private static final Duration ENDING = Duration.ofSeconds(20);

  private final TcpCollective host;
  private final Nccl nccl;
  private final int device;
  private final LongSupplier stream;
  private final long communicator;
  private final NcclWatch watch;
  private final AtomicLong bytesSent = new AtomicLong();
  private boolean closed;
  private MessageHeader step = new MessageHeader(0, Operation.STEP, 0, 0, 0);

  private NcclCollective(
      TcpCollective host,
      Nccl nccl,
      int device,
      LongSupplier stream,
      long communicator,
      Timeouts timeouts) {
    this.host = host;
    this.nccl = nccl;
    this.device = device;
    this.stream = stream;
    this.communicator = communicator;
    this.watch = new NcclWatch(host, nccl, communicator, timeouts);
  }

  /**
   * Joins the GPUs of all ranks; every rank calls this. The TCP collective stays the caller's, and
   * is closed after this one.
   *
   * @param runtime of this rank, on its GPU
   * @throws dev.tessera.models.UserException if there is no NCCL
   * @throws CollectiveException if the ranks have not joined by the connection's deadline
   */
  public static NcclCollective over(TcpCollective host, TorchRuntime runtime, Timeouts timeouts) {
    return over(host, NcclLibrary.open(), runtime.device(), runtime::stream, timeouts);
  }

  static NcclCollective over(
      TcpCollective host, Nccl nccl, int device, LongSupplier stream, Timeouts timeouts) {
    byte[] id = tell(host, host.rank() == 0 ? nccl.uniqueId() : new byte[Nccl.ID_BYTES]);
    long communicator = join(host, nccl, id, device, timeouts.connect());
    NcclCollective collective =
        new NcclCollective(host, nccl, device, stream, communicator, timeouts);
    collective.watch.start();
    return collective;
  }

  /** Rank 0's bytes, at every rank. */
  private static byte[] tell(TcpCollective host, byte[] bytes) {
    try (Memory memory = new Memory(bytes.length)) {
      memory.write(0, bytes, 0, bytes.length);
      host.broadcast(FloatMemory.host(Pointer.nativeValue(memory), bytes.length / Float.BYTES), 0);
      return memory.getByteArray(0, bytes.length);
    }
  }

  /**
   * On a thread of its own, since NCCL waits for peers without a deadline. A communicator that
   * comes too late is ended at once; one that never comes leaves its thread until the process ends.
   */
  private static long join(
      TcpCollective host, Nccl nccl, byte[] id, int device, Duration deadline) {
    CompletableFuture<Long> joined = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                long made = nccl.join(id, host.rank(), host.size(), device);
                if (!joined.complete(made)) {
                  nccl.abort(made);
                }
              } catch (RuntimeException | LinkageError e) {
                joined.completeExceptionally(e);
              }
            },
            "tessera-nccl-join-" + host.rank());
    thread.setDaemon(true);
    Mesh mesh = host.mesh();
    mesh.whenOver(() -> joined.completeExceptionally(new CollectiveException("broken")));
    thread.start();
    try {
      return joined.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      mesh.check();
      throw mesh.broken(
          "Rank " + host.rank() + " cannot join NCCL's communicator: " + e.getCause().getMessage(),
          e);
    } catch (TimeoutException e) {
      throw tooLate(host, joined, deadline);
    } catch (InterruptedException e) {
      joined.completeExceptionally(e);
      Thread.currentThread().interrupt();
      throw mesh.broken("Rank " + host.rank() + " was interrupted while it joined NCCL", e);
    }
  }

  private static CollectiveException tooLate(
      TcpCollective host, CompletableFuture<Long> joined, Duration deadline) {
    CollectiveException late =
        host.mesh()
            .broken(
                "NCCL has not joined the GPUs of "
                    + host.size()
                    + " ranks within "
                    + deadline
                    + ", says rank "
                    + host.rank()
                    + " (NCCL_DEBUG=INFO in the executors' environment tells why;"
                    + " NCCL_SOCKET_IFNAME names the network between hosts)",
                null);
    joined.completeExceptionally(late);
    return late;
  }

  @Override
  public int rank() {
    return host.rank();
  }

  @Override
  public int size() {
    return host.size();
  }

  @Override
  public void allReduce(FloatMemory memory) {
    if (memory.onHost()) {
      host.allReduce(memory);
      return;
    }
    give(
        memory,
        2 * shareOfOthers(memory),
        to -> nccl.allReduce(communicator, memory.address(), memory.elements(), to));
  }

  @Override
  public void reduceScatter(FloatMemory memory) {
    if (memory.onHost()) {
      host.reduceScatter(memory);
      return;
    }
    give(
        memory,
        shareOfOthers(memory),
        to -> {
          if (equalParts(memory)) {
            long part = memory.elements() / size();
            nccl.reduceScatter(communicator, memory.address(), part, rank(), to);
          } else {
            eachPart(
                memory,
                (part, r) -> nccl.reduce(communicator, part.address(), part.elements(), r, to));
          }
        });
  }

  @Override
  public void allGather(FloatMemory memory) {
    if (memory.onHost()) {
      host.allGather(memory);
      return;
    }
    give(
        memory,
        shareOfOthers(memory),
        to -> {
          if (equalParts(memory)) {
            long part = memory.elements() / size();
            nccl.allGather(communicator, memory.address(), part, rank(), to);
          } else {
            eachPart(
                memory,
                (part, r) -> nccl.broadcast(communicator, part.address(), part.elements(), r, to));
          }
        });
  }

  @Override
  public void broadcast(FloatMemory memory, int root) {
    if (memory.onHost()) {
      host.broadcast(memory, root);
      return;
    }
    if (root < 0 || root >= size()) {
      throw new IllegalArgumentException(
          "root: " + root + " (expected: 0 to " + (size() - 1) + ")");
    }
    give(
        memory,
        shareOfOthers(memory),
        to -> nccl.broadcast(communicator, memory.address(), memory.elements(), root, to));
  }

  /** Of the ranks' threads; it does not wait for what their devices were given. */
  @Override
  public void barrier() {
    host.barrier();
  }

  /**
   * NCCL does not tell what it sends, and in a switch it may be less: counted is what a ring would,
   * {@code (n-1)/n} of the vector for each of its passes.
   */
  @Override
  public long bytesSent() {
    return host.bytesSent() + bytesSent.get();
  }

  @Override
  public void enqueue(Runnable work) {
    step = host.enterStep();
    watch.undisturbed(work);
  }

  @Override
  public <T> T awaiting(String what, Supplier<T> wait) {
    T result;
    watch.waiting(step, what);
    try {
      result = wait.get();
    } catch (RuntimeException e) {
      host.mesh().check(); // what broke the collective comes before what followed from it
      throw e;
    } finally {
      watch.goingOn();
    }
    host.mesh().check();
    return result;
  }

  @Override
  public void apart(String what, Runnable work) {
    host.apart(what, work);
  }

  @Override
  public void abort(String reason) {
    host.abort(reason);
  }

  /**
   * Ends the communicator: after a failure at once, else when all ranks are here. The device has
   * done its work by then, and the graphs that captured operations are destroyed.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      host.barrier();
    } catch (CollectiveException e) {
      LOG.debug("NCCL's communicator is ended without the peers", e);
    }
    if (!watch.end(ENDING)) {
      LOG.warn("NCCL's communicator of rank {} does not end; it is left behind", rank());
    }
  }

  private interface Giving {
    void to(long stream);
  }

  private interface PartCall {
    void of(FloatMemory part, int rank);
  }

  private void give(FloatMemory memory, long bytes, Giving call) {
    if (memory.device() != device) {
      throw new IllegalArgumentException(
          "memory: on device " + memory.device() + " (expected: this rank's, " + device + ")");
    }
    watch.undisturbed(
        () -> {
          if (memory.elements() > 0) {
            call(call);
            bytesSent.addAndGet(bytes);
          }
        });
  }

  private void call(Giving call) {
    try {
      call.to(stream.getAsLong());
    } catch (IllegalStateException e) {
      throw host.mesh().broken(e.getMessage() + ", on rank " + rank(), e);
    }
  }

  private void eachPart(FloatMemory memory, PartCall call) {
    nccl.group(
        () -> {
          for (int r = 0; r < size(); r++) {
            FloatMemory part = Collective.part(memory, r, size());
            if (part.elements() > 0) {
              call.of(part, r);
            }
          }
        });
  }

  private boolean equalParts(FloatMemory memory) {
    return memory.elements() % size() == 0;
  }

  private long shareOfOthers(FloatMemory memory) {
    return memory.bytes() / size() * (size() - 1);
  }
}
