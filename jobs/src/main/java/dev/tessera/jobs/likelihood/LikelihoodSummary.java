package dev.tessera.jobs.likelihood;

import dev.tessera.jobs.train.Trained;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.likelihood.Densities;
import java.util.List;
import java.util.Locale;

/**
 * The mean over rows, with its standard error.
 *
 * @param rows number of them
 * @param dimensions elements of a row
 * @param nats mean of the log density of a row, of the model's units
 * @param natsError standard error of it
 * @param bits bits a dimension, of stored units
 * @param bitsError standard error of it
 * @param evaluations calls of the denoiser for a batch, the mean
 */
record LikelihoodSummary(
    int rows,
    int dimensions,
    double nats,
    double natsError,
    double bits,
    double bitsError,
    double evaluations,
    double seconds) {

  static LikelihoodSummary of(
      List<Double> nats, Trained.TrainedDiffusion model, double evaluations, double seconds) {
    int n = nats.size();
    Signal signal = model.signal();
    double units = signal.units(model.recipe().model().sigmaData());
    int d = signal.channels() * signal.height() * signal.width();
    double mean = nats.stream().mapToDouble(v -> v).sum() / n;
    double squares = nats.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double error = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n);
    return new LikelihoodSummary(
        n,
        d,
        mean,
        error,
        Densities.bitsPerDimension(mean, d, units),
        error / (d * Math.log(2)),
        evaluations,
        seconds);
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "likelihood  %.4f ± %.4f bits/dim  %.3f ± %.3f nats  %,d rows of %,d dimensions"
            + "  %.0f calls a batch  %.1f s",
        bits,
        bitsError,
        nats,
        natsError,
        rows,
        dimensions,
        evaluations,
        seconds);
  }
}
