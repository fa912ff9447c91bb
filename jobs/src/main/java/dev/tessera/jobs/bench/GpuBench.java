package dev.tessera.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.bench.GpuBenchRecipe.Bar;
import dev.tessera.jobs.bench.GpuBenchRecipe.Work;
import dev.tessera.jobs.run.Console;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Runs benchmarks one after another, each in a process of its own with a time limit: one that fails
 * or is not there keeps no other from being measured. At the end stands one table.
 */
final class GpuBench {

  /** Less is not worth a start. */
  private static final long LEAST_SECONDS = 15;

  private static final String LINE = "%-22s %-34s %-20s %12s %7s %6s  %s";

  private final CommandSpec bench;
  private final Console console;
  private final Path folder;
  private final long deadline;

  /**
   * @param bench the command whose subcommands the works name
   * @param folder of the results
   */
  GpuBench(CommandSpec bench, Console console, Path folder, int limitSeconds) {
    this.bench = bench;
    this.console = console;
    this.folder = folder;
    this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
  }

  /** Runs those named by {@code only}, or all; without the peers named by {@code without}. */
  void run(GpuBenchRecipe recipe, List<String> only, List<String> without) throws IOException {
    requireKnown(recipe, only);
    Files.createDirectories(folder);
    BenchReport report = BenchReport.supervise("gpu", console);
    Map<Work, String> failures = new LinkedHashMap<>();
    for (Work work : recipe.works()) {
      if (only.isEmpty() || only.contains(work.name())) {
        failures.put(work, measure(work, without).orElse(""));
      }
    }
    report.line(
        String.format(
            Locale.ROOT, LINE, "work", "ours", "peer", "peer ms", "ratio", "bar", "verdict"));
    for (Map.Entry<Work, String> done : failures.entrySet()) {
      new Table(report, done.getKey(), done.getValue()).add();
    }
    report.write(folder.resolve("gpu.json"));
  }

  private static void requireKnown(GpuBenchRecipe recipe, List<String> only) {
    List<String> names = recipe.works().stream().map(Work::name).toList();
    for (String name : only) {
      if (!names.contains(name)) {
        throw new UserException("--only " + name + ": not in the list (expected: " + names + ").");
      }
    }
  }

  /** Returns why there are no, or not all, results. */
  private Optional<String> measure(Work work, List<String> without) throws IOException {
    Files.deleteIfExists(file(work));
    Optional<String> missing = missing(work);
    if (missing.isPresent()) {
      return missing;
    }
    long left = TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime());
    if (left < LEAST_SECONDS) {
      return Optional.of("left out: the time is over");
    }
    console.say("== " + work.name() + ": " + work.title());
    int limit = (int) Math.min(left, work.limit());
    return new Subprocess(ChildJvm.alike(BenchMain.class, words(work, without)), Map.of(), limit)
        .watch()
        .failure();
  }

  private Optional<String> missing(Work work) {
    String command = work.words().get(0);
    if (!bench.subcommands().containsKey(command)) {
      return Optional.of("there is no bench " + command);
    }
    int config = work.words().indexOf("--config") + 1;
    return config > 0 && !Files.exists(Path.of(work.words().get(config)))
        ? Optional.of("there is no " + work.words().get(config))
        : Optional.empty();
  }

  private List<String> words(Work work, List<String> without) {
    List<String> words = new ArrayList<>(work.words());
    int peers = words.indexOf("--peers") + 1;
    if (peers > 0) {
      List<String> kept = new ArrayList<>(List.of(words.get(peers).split(",")));
      kept.removeAll(without);
      words.set(peers, String.join(",", kept));
      if (kept.isEmpty()) {
        words.subList(peers - 1, peers + 1).clear();
      }
    }
    boolean option =
        bench.subcommands().get(words.get(0)).getCommandSpec().optionsMap().containsKey("--output");
    String file = file(work).toString();
    words.addAll(option ? List.of("--output", file) : List.of("output=" + file));
    if (console.mode() == Console.Mode.JSON) {
      words.add("--json");
    }
    return words;
  }

  /** A ratio as benchmarks write it: a number, or the {@link Spread} of several. */
  static double ratio(JsonNode written) {
    return (written.isObject() ? written.path("median") : written).asDouble(Double.NaN);
  }

  private Path file(Work work) {
    return folder.resolve(work.name() + ".json");
  }

  /** A work's lines of the table. */
  private final class Table {
    private final BenchReport report;
    private final Work work;
    private final String failure;
    private final Set<Bar> held = new HashSet<>();

    Table(BenchReport report, Work work, String failure) {
      this.report = report;
      this.work = work;
      this.failure = failure;
    }

    void add() throws IOException {
      JsonNode rows =
          Files.exists(file(work))
              ? Json.MAPPER.readTree(file(work).toFile()).path("rows")
              : Json.MAPPER.createArrayNode();
      for (int i = 0; i < rows.size(); i++) {
        addRow(i, rows.get(i));
      }
      for (Bar bar : work.bars()) {
        if (!held.contains(bar)) {
          line(bar.row(), "", bar.peer(), "", Double.NaN, Optional.of(bar), reason());
        }
      }
      if (work.bars().isEmpty() && rows.isEmpty()) {
        line(0, "", "", "", Double.NaN, Optional.empty(), reason());
      }
    }

    private String reason() {
      return "not measured" + (failure.isEmpty() ? "" : ": " + failure);
    }

    private void addRow(int number, JsonNode row) {
      JsonNode peers = row.path("peers");
      if (row.has("ratio")) {
        // Some benchmarks give a peer a row of its own, below that of ours.
        addPeer(0, "", row);
      } else if (peers.isEmpty()) {
        line(number, ours(row), "", "", Double.NaN, Optional.empty(), "");
      }
      for (JsonNode peer : peers) {
        addPeer(number, ours(row), peer);
      }
    }

    private void addPeer(int number, String ours, JsonNode peer) {
      String name = peer.path(peer.has("peer") ? "peer" : "encoder").asText();
      Optional<Bar> bar =
          work.bars().stream().filter(b -> b.row() == number && b.peer().equals(name)).findFirst();
      bar.ifPresent(held::add);
      double ratio = ratio(peer.path("ratio"));
      String time =
          peer.has(PeerComparison.MILLISECONDS)
              ? String.format(Locale.ROOT, "%.3f", peer.get(PeerComparison.MILLISECONDS).asDouble())
              : "";
      String verdict =
          Double.isNaN(ratio)
              ? "not measured: " + peer.path("reason").asText()
              : bar.map(b -> ratio >= b.atLeast() ? "met" : "MISSED").orElse("");
      line(number, ours, name, time, ratio, bar, verdict);
    }

    private String ours(JsonNode row) {
      StringBuilder text = new StringBuilder();
      if (row.has(PeerComparison.MILLISECONDS)) {
        double milliseconds = row.get(PeerComparison.MILLISECONDS).asDouble();
        text.append(String.format(Locale.ROOT, "%.3f ms", milliseconds));
      }
      if (row.has("imagesPerSecond")) {
        text.append(text.isEmpty() ? "" : ", ");
        text.append(
            String.format(Locale.ROOT, "%.0f images/s", row.get("imagesPerSecond").asDouble()));
      }
      if (row.has("operator")) {
        double share = row.path("shareOfCopy").asDouble();
        text.append(row.get("operator").asText());
        text.append(String.format(Locale.ROOT, ", %.0f %% of a copy", 100 * share));
      }
      return text.toString();
    }

    private void line(
        int number,
        String ours,
        String peer,
        String time,
        double ratio,
        Optional<Bar> bar,
        String verdict) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("work", work.name());
      row.put("title", work.title());
      row.put("row", number);
      row.put("ours", ours);
      row.put("peer", peer);
      row.put("ratio", Double.isNaN(ratio) ? null : ratio);
      row.put("atLeast", bar.map(Bar::atLeast).orElse(null));
      row.put("verdict", verdict);
      report.row(row);
      report.line(
          String.format(
                  Locale.ROOT,
                  LINE,
                  number == 0 ? work.name() : work.name() + " " + number,
                  ours,
                  peer,
                  time,
                  Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.3f", ratio),
                  bar.map(b -> String.format(Locale.ROOT, "%.2f", b.atLeast())).orElse(""),
                  verdict)
              .stripTrailing());
    }
  }
}
