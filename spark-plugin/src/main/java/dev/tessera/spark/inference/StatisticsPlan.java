package dev.tessera.spark.inference;

import dev.tessera.models.evaluation.Metric;
import java.io.Serializable;

/**
 * What to collect of pictures.
 *
 * @param features of the moments and the kept vectors; null for none
 * @param kept pictures whose features are kept, at equal distances in the table; 0 for none
 * @param sliced how pixels are projected; null for not
 * @param classifier of the posteriors; null for none
 * @param logits whether the classifier's output still lacks its softmax
 * @param score how posteriors are divided; null without a classifier
 */
public record StatisticsPlan(
    FeatureSource features,
    int kept,
    Metric.SlicedWasserstein sliced,
    FeatureSource.Network classifier,
    boolean logits,
    Metric.InceptionScore score)
    implements Serializable {

  /** Whether row {@code row} of so many is among the kept. */
  boolean keeps(long row, long rows) {
    long wanted = Math.min(kept, rows);
    return (row + 1) * wanted / rows > row * wanted / rows;
  }
}
