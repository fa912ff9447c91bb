package dev.tessera.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import dev.tessera.models.vqgan.VqganRecipe;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.InferencePrecision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera bench encode --config R}: the speed of one rank's encoder. */
@Command(
    name = "encode",
    description = "A tokenizer's encoder on random pictures; on a GPU against PyTorch.")
final class EncodeBenchCommand implements Callable<Integer> {

  /** The ways in which the peer runs the same encoder. */
  private static final List<String> PEERS = List.of("eager", "channels-last", "compile");

  @Mixin private RecipeOptions recipes;
  @Mixin private ConsoleOptions console;

  @Option(names = "--side", description = "Height and width of a picture.", defaultValue = "256")
  private int side;

  @Option(names = "--batch", description = "Pictures at a time.", defaultValue = "64")
  private int batch;

  @Option(names = "--device", description = "cpu or gpu.", defaultValue = "cpu")
  private InferenceDevice device;

  @Option(names = "--precision", description = "fp32, bf16 or fp16.", defaultValue = "fp32")
  private InferencePrecision precision;

  @Option(names = "--cores", description = "Threads on the CPU; 0 for all.", defaultValue = "0")
  private int cores;

  @Option(names = "--turns", description = "Turns measured.", defaultValue = "5")
  private int turns;

  @Option(names = "--batches", description = "Batches of a turn.", defaultValue = "20")
  private int batches;

  @Option(names = "--output", description = "File of the results, JSON.")
  private Path output = Path.of("runs/bench/encode.json");

  @Override
  public Integer call() throws Exception {
    if (!(recipes.readLocal(Recipe.class) instanceof Recipe.Tokenizer recipe)) {
      throw new UserException(recipes.config() + " is not a tokenizer's recipe (type: tokenizer).");
    }
    Console say = console.console();
    int threads = cores == 0 ? Runtime.getRuntime().availableProcessors() : cores;
    EncodeMeasure ours =
        new EncodeMeasure(recipe.model(), side, batch, device, precision, threads, turns, batches);
    BenchReport report = BenchReport.start("encode", say);
    report.line(
        String.format(
                Locale.ROOT,
                "%s, %d x %d, %s on %s",
                recipes.describe(),
                side,
                side,
                precision,
                device)
            .toLowerCase(Locale.ROOT));
    double images = print(report, ours.run());
    if (device == InferenceDevice.GPU) {
      Optional<PythonPeer> peer = PythonPeer.find(say);
      if (peer.isPresent()) {
        for (String way : PEERS) {
          peer(report, peer.get(), recipe.model(), way, images);
        }
      }
    }
    report.write(output);
    return 0;
  }

  private double print(BenchReport report, EncodeMeasure.Measured measured) {
    Spread seconds = Spread.of(measured.batchSeconds());
    double images = batch / seconds.median();
    double flops = images * measured.flopsPerImage();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("encoder", "ours");
    row.put("parameters", measured.parameters());
    row.put("batch", batch);
    row.put("batchSeconds", measured.batchSeconds());
    row.put("imagesPerSecond", images);
    row.put("flopsPerImage", measured.flopsPerImage());
    row.put("flopsPerSecond", flops);
    row.put("deviceBytes", measured.deviceBytes());
    report.line(
        String.format(
            Locale.ROOT,
            "ours: %,d parameters, batch %d: %s ms a batch (range), %.0f images/s, %.2f TFLOP/s",
            measured.parameters(),
            batch,
            seconds.text(1e3),
            images,
            flops / 1e12));
    if (measured.peakFlops().isPresent()) {
      double peak = measured.peakFlops().getAsDouble();
      row.put("utilization", flops / peak);
      report.line(
          String.format(
              Locale.ROOT,
              "%.1f %% of the GPU's peak of %.0f TFLOP/s, %.1f GiB of its memory in use",
              100 * flops / peak,
              peak / 1e12,
              measured.deviceBytes() / Math.pow(2, 30)));
    }
    report.row(row);
    return images;
  }

  private void peer(
      BenchReport report, PythonPeer peer, VqganRecipe recipe, String way, double ours)
      throws IOException {
    Map<String, Object> question = new LinkedHashMap<>();
    question.put("network", recipe.network());
    question.put("codes", recipe.codes());
    question.put("side", side);
    question.put("batch", batch);
    question.put("precision", precision.name().toLowerCase(Locale.ROOT));
    question.put("way", way);
    question.put("turns", turns);
    question.put("batches", batches);
    List<String> command = peer.command("encode.py", Json.MAPPER.writeValueAsString(question));
    try (Contender process = new Contender(List.of(command), 1)) {
      JsonNode answer = Json.MAPPER.readTree(process.readAll().get(0));
      Map<String, Object> row = new LinkedHashMap<>();
      answer.properties().forEach(field -> row.put(field.getKey(), field.getValue()));
      double theirs = answer.get("imagesPerSecond").asDouble();
      row.put("ratio", ours / theirs);
      report.line(
          String.format(
              Locale.ROOT,
              "PyTorch %s, %s: %,d parameters, %.2f ms a batch, %.0f images/s, %.1f GiB; ours is"
                  + " %.2f times as fast",
              answer.get("torch").asText(),
              way,
              answer.get("parameters").asLong(),
              answer.get("milliseconds").asDouble(),
              theirs,
              answer.get("reservedGiB").asDouble(),
              ours / theirs));
      report.row(row);
    }
  }
}
