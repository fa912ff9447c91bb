package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import java.util.List;

/**
 * What tells the U-Nets apart that EDM trains (Karras et al. 2022, table 8).
 *
 * @param kind whose U-Net it is
 * @param channels features before the multipliers; the condition has four times as many
 * @param channelsPerHead features of an attention head in ADM; the others have one head
 */
record UnetForm(
    Kind kind,
    int channels,
    List<Integer> multipliers,
    int blocks,
    List<Integer> attentionResolutions,
    double dropout,
    int channelsPerHead) {

  enum Kind {
    /** Song et al. 2021. */
    DDPM_PLUS_PLUS,
    /** Song et al. 2021: random frequencies, smooth resampling, a second path of pictures. */
    NCSN_PLUS_PLUS,
    /** Dhariwal and Nichol 2021. */
    ADM
  }

  /** Scale of the initial weights of last layers in the nets of Song et al. */
  private static final double LAST = 1e-5;

  private static final double PROJECTION = Math.sqrt(0.2);

  boolean adm() {
    return kind == Kind.ADM;
  }

  /** Width of the condition. */
  int condition() {
    return 4 * channels;
  }

  /** Features of the first convolution's result. */
  int first() {
    return adm() ? channels * multipliers.get(0) : channels;
  }

  /** What sums of a block and its skip are multiplied with. */
  double balance() {
    return adm() ? 1 : Math.sqrt(0.5);
  }

  /** Added to variances. */
  double eps() {
    return adm() ? 1e-5 : 1e-6;
  }

  Resampling resampling() {
    return kind == Kind.NCSN_PLUS_PLUS ? Resampling.BINOMIAL : Resampling.BOX;
  }

  boolean attends(int side) {
    return attentionResolutions.contains(side);
  }

  /** On the way up in the nets of Song et al. only the last block of a level attends. */
  boolean attendsUp(int side, int block) {
    return attends(side) && (adm() || block == blocks);
  }

  /** Whether a change of size puts a convolution into the skip even where widths are equal. */
  boolean projectsResized() {
    return !adm();
  }

  Conv2d convolution(Scope scope, long in, long out, int kernel) {
    return adm()
        ? Conv2d.uniform(scope, in, out, kernel)
        : Conv2d.xavier(scope, in, out, kernel, 1);
  }

  /** The last layer of a block or of the network. */
  Conv2d last(Scope scope, long in, long out, int kernel) {
    return adm()
        ? Conv2d.zero(scope, in, out, kernel)
        : Conv2d.xavier(scope, in, out, kernel, LAST);
  }

  /** What the condition does to a block of {@code out} features: a shift, in ADM a scale too. */
  Linear conditioning(Scope scope, int out) {
    return adm()
        ? Linear.uniform(scope.stacked(2), condition(), 2L * out)
        : Linear.of(scope, condition(), out);
  }

  SpatialAttention attention(Scope scope, int features) {
    return adm()
        ? SpatialAttention.uniform(scope, features, features / channelsPerHead, eps())
        : SpatialAttention.xavier(scope, features, eps(), PROJECTION, LAST);
  }

  ConditionEmbedding embedding(Scope scope, BackboneShape shape) {
    return switch (kind) {
      case DDPM_PLUS_PLUS -> ConditionEmbedding.positional(scope, channels, condition(), shape);
      case NCSN_PLUS_PLUS -> ConditionEmbedding.fourier(scope, 2 * channels, condition(), shape);
      case ADM -> ConditionEmbedding.adm(scope, channels, condition(), shape);
    };
  }
}
