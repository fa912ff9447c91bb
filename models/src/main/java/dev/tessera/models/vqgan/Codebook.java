package dev.tessera.models.vqgan;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * The vector quantiser. Its state is, for each of K codes, a moving average N of the number of
 * vectors assigned to it and m of their sum; the code is m / N (van den Oord et al. 2017, A.1),
 * with N smoothed as in Sonnet: {@code (N + eps) sum(N) / (sum(N) + K eps)}, which leaves the sum
 * as it is.
 */
final class Codebook {

  private static final double EPS = 1e-5;

  private final VqganRecipe.Codes recipe;
  private final Parameter counts;
  private final Parameter sums;

  Codebook(Scope state, VqganRecipe.Codes recipe) {
    this.recipe = recipe;
    counts = state.vector("counts", Shape.of(recipe.count()), Initializer.ones());
    sums =
        state.vector(
            "sums",
            Shape.of(recipe.count(), recipe.width()),
            new Initializer.Normal(1 / Math.sqrt(recipe.width())));
  }

  /** The codes {@code [K, width]}. */
  Tensor codes(Trace trace) {
    long k = recipe.count();
    Tensor n = trace.weight(counts);
    Tensor sum = n.sum(0);
    Tensor smoothed = n.add(EPS).mul(sum.div(sum.add(k * EPS)));
    return trace.weight(sums).div(smoothed.reshape(k, 1));
  }

  /**
   * Index of the nearest code of each row of {@code z [n, width]}: int64 {@code [n]}, by {@code
   * |e|^2 - 2 z e}, which differs from the squared distance by a constant of the row.
   */
  static Tensor nearest(Tensor z, Tensor codes) {
    Tensor norms = codes.square().sum(1).reshape(1, codes.dim(0));
    Tensor products = z.trace().inMaster(() -> z.matmul(codes.transpose(0, 1)));
    return norms.sub(products.mul(2)).argMin(1);
  }

  /**
   * What one shard adds to the statistics, as one vector: assignments {@code [K]}, sums of assigned
   * vectors {@code [K, width]} and, for the codes of this shard's turn, random rows of {@code z} as
   * candidates for a restart {@code [K, width]}.
   */
  Tensor statistics(Tensor z, Tensor index, Tensor shard, int shards) {
    Trace trace = z.trace();
    long n = z.dim(0);
    long k = recipe.count();
    // A matrix product with one-hot rows: adding row by row takes microseconds each on the CPU.
    Tensor hot = index.reshape(n, 1).equalTo(trace.range(k, DType.INT64)).cast(DType.FLOAT32);
    Tensor assigned = hot.sum(0).reshape(k);
    Tensor sum = trace.inMaster(() -> hot.transpose(0, 1).matmul(z));
    Tensor rows =
        trace.uniform(Shape.of(k)).mul((double) n).floor().clamp(0, n - 1.0).cast(DType.INT64);
    Tensor code = trace.range(k, DType.FLOAT32);
    Tensor turn = code.sub(code.mul(1.0 / shards).floor().mul(shards));
    Tensor mine = turn.equalTo(shard.cast(DType.FLOAT32)).cast(DType.FLOAT32);
    Tensor candidates = z.embedding(rows).mul(mine.reshape(k, 1));
    return Tensor.cat(
        0,
        List.of(assigned, sum.reshape(k * recipe.width()), candidates.reshape(k * recipe.width())));
  }

  /** Elements of {@link #statistics}. */
  long statisticsSize() {
    return recipe.count() * (1L + 2L * recipe.width());
  }

  /**
   * Moves the averages towards a batch's statistics and restarts dead codes.
   *
   * @return {@code [2]}: the fraction of codes the batch used, and their perplexity
   */
  Tensor update(Tensor statistics) {
    Trace trace = statistics.trace();
    long k = recipe.count();
    long wide = k * recipe.width();
    List<Tensor> parts = statistics.split(0, k, wide, wide);
    Tensor assigned = parts.get(0);
    double step = 1 - recipe.decay();
    Tensor n = trace.weight(counts).mul(recipe.decay()).add(assigned.mul(step));
    Tensor m =
        trace
            .weight(sums)
            .mul(recipe.decay())
            .add(parts.get(1).reshape(k, recipe.width()).mul(step));
    Tensor typical = n.mean(0);
    Tensor dead = n.less(typical.mul(recipe.restartBelow()));
    Tensor restarted = parts.get(2).reshape(k, recipe.width()).mul(typical);
    trace.weight(counts).copyFrom(dead.where(typical.expand(Shape.of(k)), n));
    trace.weight(sums).copyFrom(dead.reshape(k, 1).where(restarted, m));
    Tensor used = assigned.clamp(0, 1).mean(0);
    Tensor p = assigned.div(assigned.sum(0));
    Tensor perplexity = p.mul(p.add(1e-10).log()).sum(0).neg().exp();
    return Tensor.cat(0, List.of(used, perplexity));
  }
}
