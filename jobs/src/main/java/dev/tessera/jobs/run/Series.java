package dev.tessera.jobs.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * One named number through training.
 *
 * @param kind of the lines it comes from
 * @param images where each value was measured, ascending
 * @param values as logged, NaN and infinities included
 */
@SuppressWarnings("ArrayRecordComponent") // Long and numeric; never compared.
record Series(MetricLine.Kind kind, String name, long[] images, double[] values) {

  /** Every series of the log, in the order in which they first appear. */
  static List<Series> of(List<MetricLine> lines) {
    record Key(MetricLine.Kind kind, String name) {}
    Map<Key, List<MetricLine>> found = new LinkedHashMap<>();
    for (MetricLine line : lines) {
      for (String name : line.values().keySet()) {
        found.computeIfAbsent(new Key(line.kind(), name), k -> new ArrayList<>()).add(line);
      }
    }
    List<Series> series = new ArrayList<>();
    found.forEach(
        (key, at) ->
            series.add(
                new Series(
                    key.kind(),
                    key.name(),
                    at.stream().mapToLong(MetricLine::images).toArray(),
                    at.stream().mapToDouble(l -> l.values().get(key.name())).toArray())));
    return Collections.unmodifiableList(series);
  }

  int size() {
    return images.length;
  }

  double last() {
    return values[values.length - 1];
  }

  /**
   * The mean over a twenty-fifth of the series around each value, narrower towards the ends so that
   * it never leans to one side: a straight course stays where it is. Values that are not finite are
   * passed over.
   *
   * @param ofLogarithms whether to take geometric means; the finite values are then above 0
   */
  Series smoothed(boolean ofLogarithms) {
    double[] sums = new double[size() + 1];
    int[] counts = new int[size() + 1];
    for (int i = 0; i < size(); i++) {
      double value = ofLogarithms ? Math.log(values[i]) : values[i];
      boolean finite = Double.isFinite(value);
      sums[i + 1] = sums[i] + (finite ? value : 0);
      counts[i + 1] = counts[i] + (finite ? 1 : 0);
    }
    double[] smooth = new double[size()];
    for (int i = 0; i < size(); i++) {
      int reach = Math.min(size() / 50, Math.min(i, size() - 1 - i));
      int from = i - reach;
      int to = i + reach + 1;
      double mean = (sums[to] - sums[from]) / (counts[to] - counts[from]);
      smooth[i] = ofLogarithms ? Math.exp(mean) : mean;
    }
    return new Series(kind, name, images, smooth);
  }

  /** The mean of the last twenty-fifth, or the last value of a short series. */
  double recent() {
    int from = size() - recentSize();
    return Arrays.stream(values, from, size()).filter(Double::isFinite).average().orElse(last());
  }

  /** Whether {@link #recent} is of several values. */
  boolean recentIsMean() {
    return recentSize() > 1;
  }

  private int recentSize() {
    return Math.max(1, size() / 25);
  }

  /** At most {@code most} of the values: first, last, and each stretch's least and greatest. */
  Series thinned(int most) {
    if (size() <= most) {
      return this;
    }
    TreeSet<Integer> kept = new TreeSet<>(List.of(0, size() - 1));
    int stretches = most / 2 - 1;
    for (int s = 0; s < stretches; s++) {
      int from = (int) ((long) s * size() / stretches);
      int to = (int) ((long) (s + 1) * size() / stretches);
      int least = from;
      int greatest = from;
      for (int i = from; i < to; i++) {
        least = Double.compare(values[i], values[least]) < 0 ? i : least;
        greatest = Double.compare(values[i], values[greatest]) > 0 ? i : greatest;
      }
      kept.add(least);
      kept.add(greatest);
    }
    return at(kept.stream().mapToInt(Integer::intValue).toArray());
  }

  /** The values at these places. */
  private Series at(int[] places) {
    long[] x = new long[places.length];
    double[] y = new double[places.length];
    for (int i = 0; i < places.length; i++) {
      x[i] = images[places[i]];
      y[i] = values[places[i]];
    }
    return new Series(kind, name, x, y);
  }
}
