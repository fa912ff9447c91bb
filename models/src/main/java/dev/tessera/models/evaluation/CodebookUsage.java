package dev.tessera.models.evaluation;

import java.io.Serializable;

/** How often each entry of a codebook is used. */
public final class CodebookUsage implements Serializable {

  private static final long serialVersionUID = 1L;

  private final long[] counts;

  /**
   * @param entries size of the codebook
   */
  public CodebookUsage(int entries) {
    Checks.positive("entries", entries);
    this.counts = new long[entries];
  }

  /** What has been counted elsewhere: the uses of each entry, one or more entries. */
  public static CodebookUsage of(long[] counts) {
    CodebookUsage usage = new CodebookUsage(counts.length);
    System.arraycopy(counts, 0, usage.counts, 0, counts.length);
    return usage;
  }

  /** Counts codes, each {@code 0 <= code < entries}. */
  public void accumulate(int[] codes) {
    for (int code : codes) {
      if (code < 0 || code >= counts.length) {
        throw new IllegalArgumentException(
            "codes: " + code + " (expected: 0 to " + (counts.length - 1) + ")");
      }
      counts[code]++;
    }
  }

  /** Adds what another has counted of a codebook of the same size. */
  public void merge(CodebookUsage other) {
    Checks.sameLength("other", other.counts.length, counts.length);
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  /** Codes counted for each entry. */
  public long[] counts() {
    return counts.clone();
  }

  /** Entries used at least once. */
  public int used() {
    int used = 0;
    for (long count : counts) {
      used += count > 0 ? 1 : 0;
    }
    return used;
  }

  /** The fraction of entries used at least once. */
  public double usage() {
    return (double) used() / counts.length;
  }

  /**
   * {@code exp} of the entropy: entries in use if all used ones were used alike; NaN if none is.
   */
  public double perplexity() {
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    if (total == 0) {
      return Double.NaN;
    }
    double entropy = 0;
    for (long count : counts) {
      if (count > 0) {
        entropy -= count / total * StrictMath.log(count / total);
      }
    }
    return StrictMath.exp(entropy);
  }
}
