package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.StepPart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Ours in {@code bench train}: measures in this process, prints, and writes its row. */
final class TrainRun implements TrainMeasure.Listener {

  private static final double GIB = Math.pow(2, 30);

  private final TrainMeasure measure;
  private final String description;
  private final Path output;
  private final Map<String, Object> row = new LinkedHashMap<>();
  private BenchReport report;

  TrainRun(TrainMeasure measure, String description, Path output) {
    this.measure = measure;
    this.description = description;
    this.output = output;
  }

  void run(Console console) throws IOException {
    report = BenchReport.start("train", console);
    report.line(description + ", " + measure.recipe().schedule().precision());
    row.put("work", description);
    row.put("precision", measure.recipe().schedule().precision().toString());
    row.put("device", measure.recipe().ranks().device() == Ranks.Device.GPU ? "gpu" : "cpu");
    row.put("threads", Libtorch.threads());
    report.row(row);
    measure.run(this);
    report.write(output);
  }

  @Override
  public void onDevice(TorchRuntime runtime) {
    report.device(runtime);
  }

  @Override
  public void onMeasured(TrainMeasure.Measured measured) throws IOException {
    int batch = measure.recipe().schedule().batch();
    Spread step = Spread.of(measured.rounds());
    double images = batch / step.median();
    double flops = images * measured.flopsPerImage();
    row.put("parameters", measured.parameters());
    row.put("batch", batch);
    row.put("milliseconds", 1e3 * step.median());
    row.put("roundSeconds", measured.rounds());
    row.put("stepSeconds", measured.seconds());
    row.put("imagesPerSecond", images);
    row.put("flopsPerImage", measured.flopsPerImage());
    row.put("flopsPerSecond", flops);
    row.put("memory", measured.memory());
    row.put("parts", written(measured.parts()));
    row.put("lastValues", measured.lastValues());
    report.line(
        String.format(
            Locale.ROOT,
            "%,d parameters, batch %d: %s ms a step (range), %.0f images/s, %.2f TFLOP/s",
            measured.parameters(),
            batch,
            step.text(1e3),
            images,
            flops / 1e12));
    measured.peakFlops().ifPresent(peak -> utilization(flops, peak));
    memory(measured.memory());
    report.line(text(measured.parts()));
    report.save(output);
  }

  private void utilization(double flops, double peak) {
    row.put("utilization", flops / peak);
    report.line(
        String.format(
            Locale.ROOT,
            "MFU %.1f %% of the GPU's peak of %.0f TFLOP/s",
            100 * flops / peak,
            peak / 1e12));
  }

  private void memory(TrainMeasure.Memory memory) {
    report.line(
        memory.device() > 0
            ? String.format(
                Locale.ROOT,
                "memory of the GPU: %.2f GiB in use, %.2f GiB of it the loop's",
                memory.device() / GIB,
                memory.reserved() / GIB)
            : String.format(
                Locale.ROOT, "greatest resident memory: %.2f GiB", memory.hostPeak() / GIB));
  }

  @Override
  public void onParts(TrainMeasure.Parts parts) throws IOException {
    row.put("separateParts", written(parts));
    report.line("program by program: " + text(parts));
    report.save(output);
  }

  private static Map<String, Object> written(TrainMeasure.Parts parts) {
    Map<String, Object> seconds = new LinkedHashMap<>();
    seconds.put("step", parts.step());
    seconds.put("data", parts.data());
    parts.device().forEach((part, value) -> seconds.put(name(part), value));
    seconds.put("rest", parts.rest());
    return seconds;
  }

  private static String text(TrainMeasure.Parts parts) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "ms in the parts of a step of %.3f: data %.3f",
            1e3 * parts.step(),
            1e3 * parts.data()));
    parts
        .device()
        .forEach(
            (part, seconds) ->
                text.append(String.format(Locale.ROOT, ", %s %.3f", name(part), 1e3 * seconds)));
    return text.append(String.format(Locale.ROOT, ", rest %.3f", 1e3 * parts.rest())).toString();
  }

  private static String name(StepPart part) {
    return switch (part) {
      case GRADIENT -> "gradient";
      case COLLECTIVE -> "allreduce";
      case UPDATE -> "update";
      case GRAPH -> "graph";
    };
  }
}
