package dev.tessera.spark.collective;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Structure;
import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Gpus;
import dev.tessera.models.runtime.Libtorch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * NVIDIA's library, by its C interface, which has been the same since version 2.13. Communicators
 * are blocking ones: a call returns once its work is given to the stream, and can be captured.
 */
public final class NcclLibrary implements Nccl {

  private static final String FILE = "libnccl.so.2";
  private static final int SUCCESS = 0;
  private static final int IN_PROGRESS = 7;
  private static final int FLOAT32 = 7;
  private static final int SUM = 0;

  private static NcclLibrary opened;

  private final String path;
  private final String version;

  private NcclLibrary(String path) {
    this.path = path;
    int[] code = new int[1];
    check(ncclGetVersion(code), "ncclGetVersion");
    this.version = version(code[0]);
  }

  /**
   * Opens the NCCL that libtorch uses, else one beside it or where Python's packages put it, else
   * the loader's.
   *
   * @throws UserException if there is none
   */
  public static synchronized NcclLibrary open() {
    if (opened == null) {
      opened = open(Libtorch.load().folder());
    }
    return opened;
  }

  static NcclLibrary open(Path libtorch) {
    StringBuilder reasons = new StringBuilder();
    for (String candidate : candidates(libtorch)) {
      try {
        Native.register(NcclLibrary.class, NativeLibrary.getInstance(candidate));
        return new NcclLibrary(LoadedLibrary.path(FILE).orElse(candidate));
      } catch (UnsatisfiedLinkError e) {
        reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
      }
    }
    throw new UserException(
        "NCCL cannot be loaded ("
            + reasons.toString().replaceAll("\\s+", " ")
            + "): put the folder of "
            + FILE
            + " into LD_LIBRARY_PATH of every executor, or use one rank.");
  }

  /** Two versions in one process would each take memory: the one that is there comes first. */
  static List<String> candidates(Path libtorch) {
    List<String> candidates = new ArrayList<>();
    LoadedLibrary.path(FILE).ifPresent(candidates::add);
    List<Path> files = new ArrayList<>(List.of(libtorch.resolve(FILE)));
    for (Path at = libtorch.toAbsolutePath(); at != null; at = at.getParent()) {
      files.add(at.resolve("nvidia").resolve("nccl").resolve("lib").resolve(FILE));
    }
    files.stream().filter(Files::exists).map(Path::toString).forEach(candidates::add);
    candidates.add(FILE);
    return candidates;
  }

  /** As NVIDIA writes it, {@code 2.28.9}. */
  public String version() {
    return version;
  }

  /** Where it was loaded from. */
  public String path() {
    return path;
  }

  static String version(int code) {
    return String.format(Locale.ROOT, "%d.%d.%d", code / 10_000, code / 100 % 100, code % 100);
  }

  @Override
  public byte[] uniqueId() {
    byte[] id = new byte[ID_BYTES];
    check(ncclGetUniqueId(id), "ncclGetUniqueId");
    return id;
  }

  @Override
  public long join(byte[] id, int rank, int size, int device) {
    Gpus.use(device);
    return join(id, rank, size);
  }

  static long join(byte[] id, int rank, int size) {
    UniqueId passed = new UniqueId();
    System.arraycopy(id, 0, passed.internal, 0, ID_BYTES);
    long[] communicator = new long[1];
    check(ncclCommInitRank(communicator, size, passed, rank), "ncclCommInitRank");
    return communicator[0];
  }

  @Override
  public void allReduce(long communicator, long address, long elements, long stream) {
    check(
        ncclAllReduce(address, address, elements, FLOAT32, SUM, communicator, stream),
        "ncclAllReduce");
  }

  @Override
  public void reduceScatter(
      long communicator, long address, long partElements, int rank, long stream) {
    long own = address + rank * partElements * Float.BYTES;
    check(
        ncclReduceScatter(address, own, partElements, FLOAT32, SUM, communicator, stream),
        "ncclReduceScatter");
  }

  @Override
  public void allGather(long communicator, long address, long partElements, int rank, long stream) {
    long own = address + rank * partElements * Float.BYTES;
    check(
        ncclAllGather(own, address, partElements, FLOAT32, communicator, stream), "ncclAllGather");
  }

  @Override
  public void reduce(long communicator, long address, long elements, int root, long stream) {
    check(
        ncclReduce(address, address, elements, FLOAT32, SUM, root, communicator, stream),
        "ncclReduce");
  }

  @Override
  public void broadcast(long communicator, long address, long elements, int root, long stream) {
    check(
        ncclBroadcast(address, address, elements, FLOAT32, root, communicator, stream),
        "ncclBroadcast");
  }

  @Override
  public void group(Runnable calls) {
    check(ncclGroupStart(), "ncclGroupStart");
    try {
      calls.run();
    } finally {
      check(ncclGroupEnd(), "ncclGroupEnd");
    }
  }

  @Override
  public String problem(long communicator) {
    int[] code = new int[1];
    int asked = ncclCommGetAsyncError(communicator, code);
    int result = asked == SUCCESS ? code[0] : asked;
    return result == SUCCESS || result == IN_PROGRESS ? null : reason(result);
  }

  @Override
  public void destroy(long communicator) {
    check(ncclCommDestroy(communicator), "ncclCommDestroy");
  }

  @Override
  public void abort(long communicator) {
    check(ncclCommAbort(communicator), "ncclCommAbort");
  }

  private static void check(int code, String function) {
    if (code != SUCCESS) {
      throw new IllegalStateException(function + " failed: " + reason(code));
    }
  }

  private static String reason(int code) {
    String last = ncclGetLastError(0);
    return ncclGetErrorString(code)
        + " ("
        + code
        + ")"
        + (last == null || last.isBlank() ? "" : ": " + last.strip().replaceAll("\\s+", " "));
  }

  /** {@code ncclUniqueId}, which C passes by value. */
  @Structure.FieldOrder("internal")
  public static final class UniqueId extends Structure implements Structure.ByValue {
    public byte[] internal = new byte[ID_BYTES];
  }

  // The library's own names; pointers and sizes are 64 bits wide wherever there is an NCCL.
  private static native int ncclGetVersion(int[] version);

  private static native int ncclGetUniqueId(byte[] id);

  private static native int ncclCommInitRank(long[] communicator, int size, UniqueId id, int rank);

  private static native int ncclAllReduce(
      long from, long to, long count, int type, int operation, long communicator, long stream);

  private static native int ncclReduceScatter(
      long from, long to, long count, int type, int operation, long communicator, long stream);

  private static native int ncclAllGather(
      long from, long to, long count, int type, long communicator, long stream);

  private static native int ncclReduce(
      long from,
      long to,
      long count,
      int type,
      int operation,
      int root,
      long communicator,
      long stream);

  private static native int ncclBroadcast(
      long from, long to, long count, int type, int root, long communicator, long stream);

  private static native int ncclGroupStart();

  private static native int ncclGroupEnd();

  private static native int ncclCommGetAsyncError(long communicator, int[] code);

  private static native int ncclCommDestroy(long communicator);

  private static native int ncclCommAbort(long communicator);

  private static native String ncclGetErrorString(int code);

  private static native String ncclGetLastError(long communicator);
}
