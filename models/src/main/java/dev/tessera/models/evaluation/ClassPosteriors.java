package dev.tessera.models.evaluation;

import dev.tessera.models.graph.Hash;
import java.io.Serializable;
import java.util.Arrays;

/**
 * What a classifier says of pictures, for the inception score (Salimans, Goodfellow, Zaremba,
 * Cheung, Radford, Chen, Improved Techniques for Training GANs, 2016): {@code exp(mean KL(p(y|x) ||
 * p(y)))}, within each of several random parts of the set. Only sums are kept.
 */
public final class ClassPosteriors implements Serializable {

  private static final long serialVersionUID = 1L;

  private final int classes;
  private final double[][] sums;
  private final double[] negentropies;
  private final long[] counts;

  /**
   * @param classes numbers that the classifier gives a picture
   * @param splits parts of the set
   */
  public ClassPosteriors(int classes, int splits) {
    Checks.positive("classes", classes);
    Checks.positive("splits", splits);
    this.classes = classes;
    this.sums = new double[splits][classes];
    this.negentropies = new double[splits];
    this.counts = new long[splits];
  }

  /**
   * Adds pictures.
   *
   * @param outputs the first {@code n} of {@code [.., classes]}: probabilities or, with {@code
   *     logits}, what softmax makes them of
   * @param firstRow number of the first picture, which with the seed decides its part
   */
  public void accumulate(float[] outputs, int n, boolean logits, long firstRow, long seed) {
    double[] p = new double[classes];
    for (int i = 0; i < n; i++) {
      long hash = Hash.mix(firstRow + i + Hash.mix(seed));
      int split = (int) Long.remainderUnsigned(hash, sums.length);
      posterior(outputs, i * classes, logits, p);
      counts[split]++;
      for (int c = 0; c < classes; c++) {
        sums[split][c] += p[c];
        negentropies[split] += xLogX(p[c]);
      }
    }
  }

  /** Normalised in both cases: half precision leaves sums that are not quite 1. */
  private static void posterior(float[] outputs, int from, boolean logits, double[] p) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < p.length; c++) {
      greatest = Math.max(greatest, outputs[from + c]);
    }
    double sum = 0;
    for (int c = 0; c < p.length; c++) {
      double value = outputs[from + c];
      if (!logits && value < 0) {
        throw new IllegalArgumentException(
            "probability: " + value + " (expected: 0 or more; a network of logits needs logits)");
      }
      p[c] = logits ? Math.exp(value - greatest) : value;
      sum += p[c];
    }
    for (int c = 0; c < p.length; c++) {
      p[c] /= sum;
    }
  }

  private static double xLogX(double x) {
    return x > 0 ? x * Math.log(x) : 0;
  }

  /** Adds pictures seen elsewhere. */
  public void merge(ClassPosteriors other) {
    Checks.sameLength("other", other.classes, classes);
    Checks.sameLength("other", other.sums.length, sums.length);
    for (int split = 0; split < sums.length; split++) {
      for (int c = 0; c < classes; c++) {
        sums[split][c] += other.sums[split][c];
      }
      negentropies[split] += other.negentropies[split];
      counts[split] += other.counts[split];
    }
  }

  /** The score: mean and deviation over the parts that have pictures; 1 to {@code classes}. */
  public Estimate score() {
    double[] scores = new double[sums.length];
    int parts = 0;
    for (int split = 0; split < sums.length; split++) {
      if (counts[split] > 0) {
        scores[parts++] = Math.exp(divergence(split));
      }
    }
    return Estimate.of(Arrays.copyOf(scores, parts));
  }

  private double divergence(int split) {
    double divergence = negentropies[split] / counts[split];
    for (double sum : sums[split]) {
      divergence -= xLogX(sum / counts[split]);
    }
    return divergence;
  }
}
