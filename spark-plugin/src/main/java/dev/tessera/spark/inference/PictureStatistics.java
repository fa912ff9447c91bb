package dev.tessera.spark.inference;

import dev.tessera.models.evaluation.ClassPosteriors;
import dev.tessera.models.evaluation.FeatureMoments;
import dev.tessera.models.evaluation.SlicedWasserstein;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What metrics need of a set of pictures; parts are merged in the order of their rows. What nobody
 * asked for is absent.
 */
public final class PictureStatistics implements Serializable {

  private static final long serialVersionUID = 1L;

  private final FeatureMoments moments;
  private final SlicedWasserstein projections;
  private final ClassPosteriors posteriors;
  private final List<float[]> kept = new ArrayList<>();
  private long pictures;

  /**
   * Of so many pictures; parts that were not asked for are null.
   *
   * @param kept features of some of the pictures, {@code [k, d]}
   */
  public PictureStatistics(
      long pictures,
      FeatureMoments moments,
      float[] kept,
      SlicedWasserstein projections,
      ClassPosteriors posteriors) {
    this.pictures = pictures;
    this.moments = moments;
    this.projections = projections;
    this.posteriors = posteriors;
    if (kept != null) {
      this.kept.add(kept);
    }
  }

  /** One part after another, the first of which takes up the rest. */
  public static PictureStatistics merged(List<PictureStatistics> parts) {
    PictureStatistics all = parts.get(0);
    parts.subList(1, parts.size()).forEach(all::merge);
    return all;
  }

  private void merge(PictureStatistics next) {
    pictures += next.pictures;
    kept.addAll(next.kept);
    if (moments != null) {
      moments.merge(next.moments);
    }
    if (projections != null) {
      projections.merge(next.projections);
    }
    if (posteriors != null) {
      posteriors.merge(next.posteriors);
    }
  }

  public long pictures() {
    return pictures;
  }

  public Optional<FeatureMoments> moments() {
    return Optional.ofNullable(moments);
  }

  /** Features of evenly spaced pictures, {@code [k, d]}; empty if none were kept. */
  public float[] kept() {
    int length = kept.stream().mapToInt(part -> part.length).reduce(0, Math::addExact);
    float[] all = new float[length];
    int at = 0;
    for (float[] part : kept) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  public Optional<SlicedWasserstein> projections() {
    return Optional.ofNullable(projections);
  }

  public Optional<ClassPosteriors> posteriors() {
    return Optional.ofNullable(posteriors);
  }
}
