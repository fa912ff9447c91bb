package dev.tessera.jobs.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.Environment;
import dev.tessera.models.runtime.GpuVersions;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a benchmark prints and, as JSON with the same lines beside it, keeps. */
final class BenchReport {

  /** A report as it is written down. */
  private record Written(
      String benchmark,
      Map<String, Map<String, String>> environment,
      List<Map<String, Object>> rows) {}

  private final String name;
  private final Console console;
  private final Map<String, Map<String, String>> environment;
  private final List<String> lines = new ArrayList<>();
  private final List<Map<String, Object>> rows = new ArrayList<>();

  private BenchReport(String name, Console console, Map<String, Map<String, String>> environment) {
    this.name = name;
    this.console = console;
    this.environment = new LinkedHashMap<>(environment);
  }

  /** Begins the report of a measurement that this process makes itself, with libtorch. */
  static BenchReport start(String name, Console console) {
    BenchReport report = outside(name, console);
    Libtorch libtorch = Libtorch.load();
    report.fact("libtorch", "version", libtorch.version());
    report.fact("libtorch", "path", libtorch.folder().toString());
    report.heading(", libtorch " + libtorch.version());
    return report;
  }

  /** Begins the report of measurements that other processes make; loads no libtorch. */
  static BenchReport supervise(String name, Console console) {
    BenchReport report = outside(name, console);
    report.heading("");
    return report;
  }

  private static BenchReport outside(String name, Console console) {
    BenchReport report = new BenchReport(name, console, Environment.ofProcess().groups());
    report.fact("machine", "processor", processor());
    return report;
  }

  /** Goes on with what another process has written and printed. */
  static BenchReport resume(Path file, Console console) throws IOException {
    Written written = Json.MAPPER.readValue(file.toFile(), new TypeReference<Written>() {});
    BenchReport report = new BenchReport(written.benchmark, console, written.environment);
    report.rows.addAll(written.rows);
    report.lines.addAll(Files.readAllLines(textBeside(file)));
    return report;
  }

  private void heading(String rest) {
    Map<String, String> machine = environment.get("machine");
    line(
        String.join(
                ", ",
                "bench " + name,
                machine.get("processor"),
                machine.get("cores") + " cores",
                "Java " + environment.get("java").get("version"))
            + rest);
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

  /** Adds to what is written down of the environment. */
  void fact(String group, String key, String value) {
    Map<String, String> facts = new LinkedHashMap<>(environment.getOrDefault(group, Map.of()));
    facts.put(key, value);
    environment.put(group, facts);
  }

  /** Adds what the runtime computes on; nothing for the CPU, which every report tells. */
  void device(TorchRuntime runtime) {
    if (runtime.onGpu()) {
      GpuVersions gpu = runtime.gpuVersions();
      fact("gpu", "name", gpu.name());
      fact("gpu", "driver", gpu.driver());
      fact("gpu", "cuda of the driver", gpu.cuda());
      fact("gpu", "cuda runtime", gpu.cudart());
      line(gpu.name() + ", driver " + gpu.driver() + ", CUDA runtime " + gpu.cudart());
    }
  }

  void line(String text) {
    lines.add(text);
    console.say(text);
  }

  void row(Map<String, Object> row) {
    rows.add(row);
  }

  List<Map<String, Object>> rows() {
    return rows;
  }

  /** Writes {@code file} and, with {@code .txt} for {@code .json}, the printed lines. */
  void write(Path file) throws IOException {
    save(file);
    console.say("results: " + file);
  }

  /** As {@link #write}, without a word. */
  void save(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Json.MAPPER
        .writerWithDefaultPrettyPrinter()
        .writeValue(file.toFile(), new Written(name, environment, rows));
    Files.write(textBeside(file), lines);
  }

  private static Path textBeside(Path file) {
    String text = file.getFileName().toString().replaceFirst("\\.json$", "") + ".txt";
    return file.toAbsolutePath().resolveSibling(text);
  }
}
