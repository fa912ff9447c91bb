package dev.tessera.models.runtime;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Why libtorch cannot be loaded, by its cause, with what mends that. */
final class LoadFailure {

  private static final String OTHER_FOLDER =
      "set DJL_CACHE_DIR (of executors: spark.executorEnv.DJL_CACHE_DIR) to ";

  /** By name: the class may be what is missing. */
  private static final String ENGINE = "ai/djl/engine/Engine.class";

  /** Causes nest a few deep, and a foreign exception might go in a circle. */
  private static final int DEEPEST = 20;

  private LoadFailure() {}

  /**
   * One sentence.
   *
   * @param libraryPath {@code PYTORCH_LIBRARY_PATH}, or null
   */
  static String sentence(Throwable failure, String libraryPath) {
    List<Throwable> causes =
        Stream.iterate(failure, e -> e != null, Throwable::getCause).limit(DEEPEST).toList();
    for (Throwable e : causes) {
      Optional<String> mend = mend(e, libraryPath);
      if (mend.isPresent()) {
        return of(e) + mend.get();
      }
    }
    return of(causes.get(causes.size() - 1)) + "--debug shows where it fails.";
  }

  private static Optional<String> mend(Throwable e, String libraryPath) {
    String text = said(e).toLowerCase(Locale.ROOT);
    if (has(text, "failed to map segment", "operation not permitted")) {
      return Optional.of("its folder is mounted noexec: " + OTHER_FOLDER + "one of another mount.");
    }
    if (has(text, "no space left", "quota")) {
      return Optional.of(
          "unpacking it takes 432 MiB: free some, or " + OTHER_FOLDER + "one with more.");
    }
    if (has(text, "file too short", "invalid elf header")) {
      return Optional.of("that file is damaged: delete its folder, and it is unpacked again.");
    }
    if (has(text, "glibc", "cannot open shared object file")) {
      return Optional.of("the operating system lacks that library, or has too old a one.");
    }
    if (has(text, "undefined symbol", "no pytorch jni version")) {
      return Optional.of(
          libraryPath == null
              ? "another libtorch is on the class path: take its jar away."
              : "PYTORCH_LIBRARY_PATH="
                  + libraryPath
                  + " is not the libtorch of this DJL: unset it.");
    }
    if (has(text, "offline mode", "engine not found", "no deep learning engine")) {
      return Optional.of(
          "libtorch's own jar, tessera-natives, is not on the class path: add it to spark.jars or"
              + " the extraClassPath, beside the bundle, or set PYTORCH_LIBRARY_PATH.");
    }
    if (e instanceof FileSystemException) {
      return Optional.of(
          "it cannot be unpacked there: " + OTHER_FOLDER + "one that can be written.");
    }
    return e instanceof LinkageError && !(e instanceof ExceptionInInitializerError)
        ? Optional.of(foreign())
        : Optional.empty();
  }

  /** Of a class path that has another DJL too, its jars. */
  private static String foreign() {
    List<String> places =
        LoadFailure.class
            .getClassLoader()
            .resources(ENGINE)
            .map(url -> place(url.getPath()))
            .distinct()
            .toList();
    return switch (places.size()) {
      case 0 -> "DJL, a part of the bundle, is not on the class path.";
      case 1 -> "another DJL than Tessera's is on the class path: take its jars away.";
      default ->
          "DJL is on the class path more than once, in "
              + String.join(" and ", places)
              + ": take away what is not Tessera's.";
    };
  }

  /** The jar or folder of the engine. */
  private static String place(String resource) {
    return resource.replaceFirst("!?/" + ENGINE + "$", "").replaceFirst("^file:", "");
  }

  private static boolean has(String text, String... parts) {
    return Stream.of(parts).anyMatch(text::contains);
  }

  private static String said(Throwable e) {
    return e instanceof AccessDeniedException
        ? e.getMessage() + ": Permission denied"
        : String.valueOf(e.getMessage());
  }

  private static String of(Throwable e) {
    String reason = said(e).lines().findFirst().orElse("");
    return "libtorch cannot be loaded (" + reason + "): ";
  }
}
