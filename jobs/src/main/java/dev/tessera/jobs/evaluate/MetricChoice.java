package dev.tessera.jobs.evaluate;

import dev.tessera.models.UserException;
import dev.tessera.models.evaluation.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Which metrics a request allows, and which it asks for. */
final class MetricChoice {

  private MetricChoice() {}

  /**
   * The metrics to compute.
   *
   * @throws UserException if one that was asked for lacks something, or nothing can be measured
   */
  static List<Metric> of(EvaluateRequest request) {
    if (request.input().isEmpty()) {
      return List.of();
    }
    List<Metric> asked = request.settings().metrics();
    for (Metric metric : asked) {
      missing(metric, request)
          .ifPresent(
              what -> {
                throw new UserException("metrics: " + name(metric) + " (expected: " + what + ")");
              });
    }
    List<Metric> chosen = new ArrayList<>(asked.isEmpty() ? all() : asked);
    chosen.removeIf(metric -> missing(metric, request).isPresent());
    if (chosen.isEmpty() && request.saveStatistics().isEmpty()) {
      throw new UserException(
          "Nothing can be measured of the pictures alone: give --reference TABLE, or --features"
              + " FILE or --tokenizer CHECKPOINT with --reference-statistics FILE, or --classifier"
              + " FILE.");
    }
    return List.copyOf(chosen);
  }

  /** Each with its defaults. */
  private static List<Metric> all() {
    return List.of(
        Metric.Frechet.defaults(),
        Metric.Kernel.defaults(),
        Metric.PrecisionRecall.defaults(),
        Metric.InceptionScore.defaults(),
        Metric.SlicedWasserstein.defaults(),
        Metric.Reconstruction.defaults());
  }

  /** The key of a metric in {@code metrics=[...]}. */
  static String name(Metric metric) {
    return metric
        .getClass()
        .getSimpleName()
        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  /** What the request lacks for it. */
  private static Optional<String> missing(Metric metric, EvaluateRequest request) {
    return switch (metric.needs()) {
      case PICTURES ->
          request.reference().isPresent()
              ? Optional.empty()
              : Optional.of("--reference TABLE with it; statistics hold no pixels");
      case FEATURES ->
          !request.hasFeatures()
              ? Optional.of("--features FILE or --tokenizer CHECKPOINT with it")
              : request.hasReference()
                  ? Optional.empty()
                  : Optional.of("--reference TABLE or --reference-statistics FILE with it");
      case POSTERIORS ->
          request.classifier().isPresent()
              ? Optional.empty()
              : Optional.of("--classifier FILE with it");
      case PAIRS ->
          request.reference().isPresent() && request.settings().paired()
              ? Optional.empty()
              : Optional.of("--reference TABLE of the same pictures and paired=true with it");
    };
  }
}
