package dev.tessera.jobs.evaluate;

import dev.tessera.models.UserException;
import dev.tessera.models.evaluation.FeatureMoments;
import dev.tessera.models.evaluation.FrechetDistance;
import dev.tessera.models.evaluation.KernelDistance;
import dev.tessera.models.evaluation.Manifolds;
import dev.tessera.models.evaluation.Metric;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.RankThread;
import dev.tessera.spark.inference.PictureStatistics;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** The metrics of two sets' statistics, computed by the driver's libtorch. */
final class Comparison {

  private final PictureStatistics input;
  private final Optional<PictureStatistics> reference;
  private final int wanted;
  private final boolean asked;
  private final EvaluateReport report;

  /**
   * @param wanted vectors of each side that should have been kept
   * @param asked whether the user named the metrics, so that none may be left out
   */
  Comparison(
      PictureStatistics input,
      Optional<PictureStatistics> reference,
      int wanted,
      boolean asked,
      EvaluateReport report) {
    this.input = input;
    this.reference = reference;
    this.wanted = wanted;
    this.asked = asked;
    this.report = report;
  }

  /** Adds the values of all metrics but those of pairs to the report. */
  void measure(List<Metric> metrics) {
    checkFeatures();
    // A rank's thread: in a local session, executors' tasks used it before.
    RankThread.Run<Boolean> run =
        RankThread.start(
            "tessera-evaluate",
            Thread.currentThread().getContextClassLoader(),
            () -> {
              try (TorchRuntime runtime = TorchRuntime.onCpu()) {
                metrics.forEach(metric -> measure(runtime, metric));
              }
              return true;
            });
    try {
      run.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      run.interrupt();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void checkFeatures() {
    Optional<FeatureMoments> other = reference.flatMap(PictureStatistics::moments);
    if (input.moments().isEmpty() || other.isEmpty()) {
      return;
    }
    int dimensions = input.moments().get().dimensions();
    if (other.get().dimensions() != dimensions) {
      throw new UserException(
          "The reference has "
              + other.get().dimensions()
              + " features and the pictures "
              + dimensions
              + ": use statistics of the same network.");
    }
    warnOfFew("input", input, dimensions);
    warnOfFew("reference", reference.get(), dimensions);
  }

  private void warnOfFew(String side, PictureStatistics set, int dimensions) {
    if (set.pictures() <= dimensions) {
      report.warn(
          side
              + " has "
              + set.pictures()
              + " pictures for "
              + dimensions
              + " features: its covariance is singular and the Frechet distance far too high;"
              + " compare kernel distances, or take more than "
              + dimensions
              + " pictures");
    }
  }

  private void measure(TorchRuntime runtime, Metric metric) {
    try {
      if (metric instanceof Metric.Frechet) {
        report.value(
            "frechet",
            FrechetDistance.between(runtime, moments(input), moments(reference.orElseThrow())));
      } else if (metric instanceof Metric.Kernel kernel) {
        if (keptOnBothSides("kernel")) {
          report.value(
              "kernel",
              KernelDistance.between(runtime, input.kept(), referenceKept(), dimensions(), kernel));
        }
      } else if (metric instanceof Metric.PrecisionRecall manifolds) {
        measure(runtime, manifolds);
      } else if (metric instanceof Metric.InceptionScore) {
        report.value("inception score", input.posteriors().orElseThrow().score());
      } else if (metric instanceof Metric.SlicedWasserstein) {
        report.value(
            "sliced wasserstein",
            input
                .projections()
                .orElseThrow()
                .distance(reference.orElseThrow().projections().orElseThrow()));
      }
    } catch (IllegalArgumentException e) {
      throw new UserException(MetricChoice.name(metric) + ": " + e.getMessage(), e);
    }
  }

  private void measure(TorchRuntime runtime, Metric.PrecisionRecall manifolds) {
    if (!keptOnBothSides("precision-recall")) {
      return;
    }
    Manifolds.Shares shares =
        Manifolds.between(
            runtime, referenceKept(), input.kept(), dimensions(), manifolds.neighbours());
    report.value("precision", shares.precision());
    report.value("recall", shares.recall());
  }

  /** A file of somebody else's may hold moments alone. */
  private boolean keptOnBothSides(String metric) {
    if (referenceKept().length > 0) {
      long pictures = Math.max(input.pictures(), reference.orElseThrow().pictures());
      if (pictures > wanted && !report.warnings().contains(sampled())) {
        report.warn(sampled());
      }
      return true;
    }
    if (asked) {
      throw new UserException(
          "metrics: "
              + metric
              + " (expected: a reference that holds features; this file of statistics has only"
              + " moments)");
    }
    return false;
  }

  private String sampled() {
    return "kernel distance, precision and recall are of "
        + wanted
        + " pictures a side; kept=N takes more";
  }

  private float[] referenceKept() {
    return reference.orElseThrow().kept();
  }

  private int dimensions() {
    return moments(input).dimensions();
  }

  private static FeatureMoments moments(PictureStatistics set) {
    return set.moments().orElseThrow();
  }
}
