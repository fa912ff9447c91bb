package dev.tessera.jobs.demo;

import dev.tessera.models.evaluation.NearestImages;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * How many samples are training pictures learnt by heart. A diffusion model on latents that
 * remembers a picture draws the tokenizer's reconstruction of it, which may be far from the
 * original; so each sample is compared with the reconstruction of the training picture nearest to
 * it.
 */
final class Memorised {

  /** Root mean square difference, of pixels 0 to 1, below which two pictures are the same. */
  static final double SAME = 0.04;

  private final Pictures drawn;
  private final NearestImages[] parts;
  private final int portion;

  Memorised(Pictures drawn) {
    this.drawn = drawn;
    int workers = Math.max(1, Math.min(drawn.count(), Runtime.getRuntime().availableProcessors()));
    portion = (drawn.count() + workers - 1) / workers;
    parts =
        IntStream.range(0, (drawn.count() + portion - 1) / portion)
            .mapToObj(p -> new NearestImages(part(p).values(), drawn.dimensions()))
            .toArray(NearestImages[]::new);
  }

  private Pictures part(int p) {
    return drawn.slice(p * portion, Math.min(drawn.count(), (p + 1) * portion));
  }

  /** Searches {@code training}, the first of which has the number {@code from}. */
  void search(Pictures training, long from) {
    IntStream.range(0, parts.length)
        .parallel()
        .forEach(p -> parts[p].accumulate(training.values(), from));
  }

  /** The number of the training picture nearest to each sample. */
  List<Long> nearest() {
    List<Long> all = new ArrayList<>();
    for (NearestImages part : parts) {
      for (long index : part.indices()) {
        all.add(index);
      }
    }
    return all;
  }

  /**
   * The fraction of samples that are the reconstruction of their nearest training picture.
   *
   * @param neighbours those pictures, one a sample
   */
  double fraction(Pictures neighbours, UnaryOperator<Pictures> reconstruct) {
    Pictures rebuilt = reconstruct.apply(neighbours);
    int same = 0;
    for (int i = 0; i < drawn.count(); i++) {
      double squares = 0;
      for (int d = i * drawn.dimensions(); d < (i + 1) * drawn.dimensions(); d++) {
        double difference = (double) drawn.values()[d] - rebuilt.values()[d];
        squares += difference * difference;
      }
      if (Math.sqrt(squares / drawn.dimensions()) < SAME) {
        same++;
      }
    }
    return (double) same / drawn.count();
  }
}
