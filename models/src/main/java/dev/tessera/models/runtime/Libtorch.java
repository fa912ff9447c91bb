package dev.tessera.models.runtime;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import dev.tessera.models.UserException;
import dev.tessera.models.kernel.Operators;
import java.nio.file.Path;

/**
 * The process's libtorch: loaded once by DJL, never downloaded, refused when the process was
 * started with settings under which programs would be slow or inexact.
 */
public final class Libtorch {

  /** Off in every JVM: the profiling executor costs time quadratic in a program's length. */
  public static final String GRAPH_OPTIMIZER = "ai.djl.pytorch.graph_optimizer";

  private static Libtorch loaded;

  // Thrown by nobody: the cause of what each later call throws anew.
  private static UserException refused;

  /** By which DJL finds the jar with libtorch. */
  private static final String NATIVES = "native/lib/pytorch.properties";

  private final String version;
  private final Path folder;
  private final StableApi api;

  private Libtorch(String version, Path folder) {
    this.version = version;
    this.folder = folder;
    this.api = StableApi.open(folder);
  }

  /**
   * Loads libtorch on first use. A failure is lasting: classes whose start failed stay so.
   *
   * @throws UserException if the JVM was started without the property above or libtorch is missing
   */
  public static synchronized Libtorch load() {
    if (refused != null) {
      throw new UserException(refused.getMessage(), refused);
    }
    if (loaded == null) {
      String optimizer = System.getProperty(GRAPH_OPTIMIZER);
      if (!"false".equals(optimizer)) {
        throw new UserException(
            "This JVM runs without -D"
                + GRAPH_OPTIMIZER
                + "=false: start it by bin/tessera, or add the option to"
                + " spark.driver.extraJavaOptions and spark.executor.extraJavaOptions.");
      }
      // Before the engine loads: no call home, no download.
      System.setProperty("ai.djl.offline", "true");
      System.setProperty("OPT_OUT_TRACKING", "true");
      loaded = start();
    }
    return loaded;
  }

  /**
   * Whether {@code classes} or a folder that was named has libtorch: a load without it would fail
   * for good.
   */
  public static boolean isFound(ClassLoader classes) {
    return libraryPath() != null || classes.getResource(NATIVES) != null;
  }

  @SuppressWarnings("StaticAssignmentOfThrowable")
  private static Libtorch start() {
    try {
      HostAllocator.limitFragments();
      Engine engine = Engine.getEngine("PyTorch");
      Libtorch libtorch = new Libtorch(engine.getVersion(), Path.of(LibUtils.getLibtorchPath()));
      ProcessEnd.skipDestructors();
      Operators.register(libtorch.api, libtorch.folder, libtorch.api.hasCuda());
      return libtorch;
    } catch (RuntimeException | LinkageError e) {
      refused = new UserException(LoadFailure.sentence(e, libraryPath()), e);
      throw refused;
    }
  }

  /** By DJL's own order. */
  private static String libraryPath() {
    return System.getProperty("PYTORCH_LIBRARY_PATH", System.getenv("PYTORCH_LIBRARY_PATH"));
  }

  public String version() {
    return version;
  }

  /** The folder that libtorch's libraries were loaded from. */
  public Path folder() {
    return folder;
  }

  StableApi api() {
    return api;
  }

  /** Gives memory that the allocator holds and nothing uses back to the system; milliseconds. */
  public static void giveBackMemory() {
    HostAllocator.giveBack();
  }

  /** Threads of one operation, in the whole process. */
  public static void useThreads(int threads) {
    load();
    JniUtils.setNumThreads(threads);
  }

  public static int threads() {
    load();
    return JniUtils.getNumThreads();
  }
}
