package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.Environment;
import dev.tessera.models.runtime.Libtorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/** What a benchmark prints and, as JSON with the same lines beside it, keeps. */
final class BenchReport {

  private final String name;
  private final Console console;
  private final Map<String, Map<String, String>> environment;
  private final List<String> lines = new ArrayList<>();
  private final List<Map<String, Object>> rows = new ArrayList<>();

  BenchReport(String name, Console console) {
    this.name = name;
    this.console = console;
    this.environment = environment();
    Map<String, String> machine = environment.get("machine");
    line(
        String.join(
            ", ",
            "bench " + name,
            machine.get("processor"),
            machine.get("cores") + " cores",
            "Java " + environment.get("java").get("version"),
            "libtorch " + environment.get("libtorch").get("version")));
  }

  private static Map<String, Map<String, String>> environment() {
    Map<String, Map<String, String>> groups =
        new LinkedHashMap<>(Environment.ofDriver(new SparkConf(false)).groups());
    Map<String, String> machine = new LinkedHashMap<>(groups.get("machine"));
    machine.put("processor", processor());
    groups.put("machine", machine);
    groups.put("libtorch", Map.of("version", Libtorch.load().version()));
    return groups;
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  void line(String text) {
    lines.add(text);
    console.say(text);
  }

  void row(Map<String, Object> row) {
    rows.add(row);
  }

  /** Writes {@code file} and, with {@code .txt} for {@code .json}, the printed lines. */
  void write(Path file) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("benchmark", name);
    all.put("environment", environment);
    all.put("rows", rows);
    Path parent = file.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Json.MAPPER.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), all);
    String text = file.getFileName().toString().replaceFirst("\\.json$", "") + ".txt";
    Files.write(parent.resolve(text), lines);
    console.say("results: " + file);
  }
}
