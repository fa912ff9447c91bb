package dev.tessera.models.evaluation;

import java.io.Serializable;

/**
 * A measure of a set of pictures, with its settings. This list is the only one: {@code tessera
 * evaluate}, its help and the documentation's table go by it.
 */
public sealed interface Metric extends Serializable {

  /** What must be known of pictures. */
  enum Needs {
    /** The pixels of two sets. */
    PICTURES,
    /** Vectors of two sets, from a network or a tokenizer. */
    FEATURES,
    /** A classifier's answer to one set. */
    POSTERIORS,
    /** Two sets whose pictures belong together row by row. */
    PAIRS
  }

  Needs needs();

  /**
   * The sliced Wasserstein distance of pixels.
   *
   * @param projections random directions
   * @param size larger pictures are reduced to this side first
   * @param seed chooses the directions
   */
  record SlicedWasserstein(int projections, int size, long seed) implements Metric {
    public SlicedWasserstein {
      atLeast("projections", projections, 1);
      atLeast("size", size, 1);
    }

    public static SlicedWasserstein defaults() {
      return new SlicedWasserstein(128, 64, 0);
    }

    @Override
    public Needs needs() {
      return Needs.PICTURES;
    }
  }

  /** The Frechet distance of features; FID with Inception's, FD-DINOv2 with DINOv2's. */
  record Frechet() implements Metric {
    public static Frechet defaults() {
      return new Frechet();
    }

    @Override
    public Needs needs() {
      return Needs.FEATURES;
    }
  }

  /**
   * The kernel distance of features, KID.
   *
   * @param subsets number of random subsets
   * @param size vectors of a subset
   * @param seed chooses them
   */
  record Kernel(int subsets, int size, long seed) implements Metric {
    public Kernel {
      atLeast("subsets", subsets, 1);
      atLeast("size", size, 2);
    }

    public static Kernel defaults() {
      return new Kernel(100, 1000, 0);
    }

    @Override
    public Needs needs() {
      return Needs.FEATURES;
    }
  }

  /**
   * Precision and recall of features.
   *
   * @param neighbours the k of the manifolds' balls
   */
  record PrecisionRecall(int neighbours) implements Metric {
    public PrecisionRecall {
      atLeast("neighbours", neighbours, 1);
    }

    public static PrecisionRecall defaults() {
      return new PrecisionRecall(3);
    }

    @Override
    public Needs needs() {
      return Needs.FEATURES;
    }
  }

  /**
   * The inception score of a classifier's answers.
   *
   * @param splits random parts of the set
   * @param seed chooses them
   */
  record InceptionScore(int splits, long seed) implements Metric {
    public InceptionScore {
      atLeast("splits", splits, 1);
    }

    public static InceptionScore defaults() {
      return new InceptionScore(10, 0);
    }

    @Override
    public Needs needs() {
      return Needs.POSTERIORS;
    }
  }

  /** PSNR and SSIM of pictures and their reconstructions. */
  record Reconstruction() implements Metric {
    public static Reconstruction defaults() {
      return new Reconstruction();
    }

    @Override
    public Needs needs() {
      return Needs.PAIRS;
    }
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " or more)");
    }
  }
}
