package dev.tessera.models.evaluation;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.List;

/**
 * Collects {@link FeatureMoments} block by block, the products by libtorch in float64. A block is
 * centred on its own mean and joined to what was there by the same update as whole parts; the term
 * of the two means is one more row of the block's matrix, so that there is one product.
 */
public final class MomentAccumulator implements AutoCloseable {

  /** Enough rows for the product to outweigh adding it to the scatter. */
  private static final int BLOCK = 1024;

  private final int dimensions;
  private final Executable program;
  private final NativeTensor seen;
  private final NativeTensor rows;
  private final NativeTensor weights;
  private final NativeTensor block;
  private final NativeTensor mean;
  private final NativeTensor scatter;
  private final float[] pending;
  private int filled;
  private long count;

  /**
   * @param dimensions of a vector
   */
  public MomentAccumulator(TorchRuntime runtime, int dimensions) {
    Checks.positive("dimensions", dimensions);
    this.dimensions = dimensions;
    program = runtime.load(program(dimensions));
    seen = runtime.zeros(DType.FLOAT64, Shape.of());
    rows = runtime.zeros(DType.FLOAT64, Shape.of());
    weights = runtime.zeros(DType.FLOAT64, Shape.of(BLOCK, 1));
    block = runtime.zeros(DType.FLOAT32, Shape.of(BLOCK, dimensions));
    mean = runtime.zeros(DType.FLOAT64, Shape.of(dimensions));
    scatter = runtime.zeros(DType.FLOAT64, Shape.of(dimensions, dimensions));
    pending = new float[Math.multiplyExact(BLOCK, dimensions)];
  }

  private static Program program(int d) {
    Trace trace = new Trace("moments", Precision.FP64);
    Tensor seen = trace.scalar("seen", DType.FLOAT64);
    Tensor rows = trace.scalar("rows", DType.FLOAT64);
    Tensor weights = trace.input("weights", DType.FLOAT64, Shape.of(BLOCK, 1));
    Tensor block = trace.input("block", DType.FLOAT32, Shape.of(BLOCK, d));
    Tensor mean = trace.input("mean", DType.FLOAT64, Shape.of(d));
    Tensor scatter = trace.input("scatter", DType.FLOAT64, Shape.of(d, d));
    Tensor x = block.cast(DType.FLOAT64);
    Tensor own = x.mul(weights).sum(0).div(rows);
    Tensor delta = own.sub(mean.reshape(1, d));
    Tensor share = rows.div(seen.add(rows));
    Tensor join = delta.mul(seen.mul(share).sqrt());
    Tensor centred = Tensor.cat(0, List.of(x.sub(own).mul(weights), join));
    scatter.addInPlace(centred.transpose(0, 1).matmul(centred), 1);
    return trace.finish(mean.addInPlace(delta.mul(share).reshape(d), 1));
  }

  /** Adds the first {@code n} of vectors {@code [.., d]}. */
  public void accumulate(float[] vectors, int n) {
    for (int i = 0; i < n; ) {
      int taken = Math.min(n - i, BLOCK - filled);
      System.arraycopy(vectors, i * dimensions, pending, filled * dimensions, taken * dimensions);
      i += taken;
      filled += taken;
      if (filled == BLOCK) {
        join();
      }
    }
  }

  private void join() {
    if (filled == 0) {
      return;
    }
    Arrays.fill(pending, filled * dimensions, pending.length, 0);
    double[] counted = new double[BLOCK];
    Arrays.fill(counted, 0, filled, 1);
    seen.set((double) count);
    rows.set((double) filled);
    weights.set(counted);
    block.set(pending);
    program.run(seen, rows, weights, block, mean, scatter).close();
    count += filled;
    filled = 0;
  }

  /** Of all vectors so far. */
  public FeatureMoments result() {
    join();
    return FeatureMoments.ofScatter(count, mean.toDoubles(), scatter.toDoubles());
  }

  @Override
  public void close() {
    program.close();
    for (NativeTensor tensor : List.of(seen, rows, weights, block, mean, scatter)) {
      tensor.close();
    }
  }
}
