package dev.tessera.models.runtime;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A fresh JVM on the class path of the tests. */
final class ChildJvm {

  /** The JVM itself says so wherever the user's environment holds options. */
  private static final Pattern NOTICE = Pattern.compile("(?m)^Picked up \\w+: .*\\R");

  /** What a JVM printed, both streams, and its exit code. */
  record Outcome(int code, String output) {}

  private ChildJvm() {}

  static Outcome run(Class<?> main, List<String> options, String... arguments) throws Exception {
    return run(List.of(), classPath(), Map.of(), main, options, arguments);
  }

  /**
   * Runs another way.
   *
   * @param before words before the command
   */
  static Outcome run(
      List<String> before,
      String classPath,
      Map<String, String> environment,
      Class<?> main,
      List<String> options,
      String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx512m"); // Options may say otherwise.
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // glibc raises this threshold by itself and then keeps freed tensors in fragments of its heap.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), NOTICE.matcher(output).replaceAll(""));
  }

  static String classPath() {
    // Surefire's own class path is a jar with a manifest.
    String tests = System.getProperty("surefire.test.class.path");
    String path = tests != null ? tests : System.getProperty("java.class.path");
    return String.join(File.pathSeparator, path.split(File.pathSeparator));
  }
}
