package dev.tessera.jobs.bench;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Command lines of further JVMs that run classes of this one. */
final class ChildJvm {

  /** What every one is started with. */
  private static final List<String> REQUIRED =
      List.of(
          "-Dai.djl.pytorch.graph_optimizer=false",
          "-Dai.djl.offline=true",
          "-DOPT_OUT_TRACKING=true",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");

  private ChildJvm() {}

  /** A small one. */
  static List<String> command(Class<?> main, String... arguments) {
    return command(List.of("-Xmx512m", "-XX:+UseSerialGC"), main, List.of(arguments));
  }

  /** One with this JVM's own options. */
  static List<String> alike(Class<?> main, List<String> arguments) {
    List<String> options =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            // A debugger's port and a profiler's file are taken.
            .filter(option -> !option.startsWith("-agent") && !option.startsWith("-javaagent"))
            .toList();
    return command(options, main, arguments);
  }

  private static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(REQUIRED);
    // In a command's own folder, which goes with it.
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /** The JVM's own, and what spark-submit's class loaders added. */
  static String classPath() {
    Set<String> parts = new LinkedHashSet<>();
    for (ClassLoader loader = Thread.currentThread().getContextClassLoader();
        loader != null;
        loader = loader.getParent()) {
      if (loader instanceof URLClassLoader added) {
        for (URL url : added.getURLs()) {
          parts.add(path(url));
        }
      }
    }
    parts.add(System.getProperty("java.class.path"));
    return String.join(File.pathSeparator, parts);
  }

  private static String path(URL url) {
    try {
      return Path.of(url.toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
