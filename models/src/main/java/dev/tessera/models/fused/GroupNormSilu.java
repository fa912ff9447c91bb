package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.MemoryOrder;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What stands between two convolutions of {@code [N, C, ...]}: shift, group norm, SiLU, dropout.
 *
 * @param groups of neighbouring channels, which are normalised together
 * @param eps added to the variance
 * @param silu whether SiLU follows the norm
 * @param dropout chance that an element of the result becomes 0, all others growing so that the
 *     mean stays (Srivastava et al. 2014); below 1, and 0 for none
 */
public record GroupNormSilu(int groups, double eps, boolean silu, double dropout) {

  /**
   * In one pass on a GPU.
   *
   * @param shiftOrNull {@code [N, C]}, added to every position first; null for none
   * @param weight {@code [C]}
   * @param bias {@code [C]}
   */
  public Tensor apply(Tensor x, Tensor shiftOrNull, Tensor weight, Tensor bias) {
    Trace trace = x.trace();
    if (trace.fuses() && x.shape().rank() == 4) {
      boolean random = dropout > 0;
      return trace
          .call(
              new Operator(this, random ? trace.nextSite() : 0),
              x.toConvolve(),
              shiftOrNull == null
                  ? Operands.none(trace, trace.computeType())
                  : shiftOrNull.compute(),
              weight,
              bias,
              random ? trace.key() : Operands.none(trace, DType.INT64))
          .get(0);
    }
    Tensor shifted =
        shiftOrNull == null ? x : x.master().add(overPositions(shiftOrNull.master(), x));
    Tensor normal = shifted.groupNorm(groups, weight, bias, eps);
    Tensor active = silu ? normal.silu() : normal;
    return dropout == 0 ? active : active.dropout(dropout);
  }

  /** {@code [N, C]} as {@code [N, C, 1, ...]}, of as many dimensions as x. */
  private static Tensor overPositions(Tensor shift, Tensor x) {
    long[] dims = new long[x.shape().rank()];
    Arrays.fill(dims, 1);
    dims[0] = shift.dim(0);
    dims[1] = shift.dim(1);
    return shift.reshape(dims);
  }

  /**
   * {@code x [N, C, H, W] channels-last, shift [N, C] or [0], weight, bias fp32 [C], key int64 []
   * or [0] -> out, mean, rstd fp32 [N, groups]}.
   *
   * @param site of the key's random numbers
   */
  record Operator(GroupNormSilu norm, long site) implements CustomOperator {
    @Override
    public String name() {
      return "group_norm_silu";
    }

    @Override
    public List<Object> constants() {
      return List.of(norm.groups, norm.eps, norm.silu, norm.dropout, site);
    }

    @Override
    public Derivative derivative() {
      return Derivative.TRACED;
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = inputs.get(0).floating(name()).pictures(name());
      Shape shape = x.shape();
      if (norm.groups < 1 || shape.dim(1) % norm.groups != 0) {
        throw new ShapeException(
            name() + " expects channels that " + norm.groups + " groups divide, got " + shape);
      }
      if (inputs.get(1).shape().size() > 0) {
        inputs.get(1).expect(name(), "a shift", Shape.of(shape.dim(0), shape.dim(1)));
      }
      inputs.get(2).expect(name(), "a weight", Shape.of(shape.dim(1)));
      inputs.get(3).expect(name(), "a bias", Shape.of(shape.dim(1)));
      TensorType statistics = new TensorType(DType.FLOAT32, Shape.of(shape.dim(0), norm.groups));
      return List.of(x, statistics, statistics);
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 12.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> gradient(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor x = operands.get(0);
      List<Tensor> derivatives =
          x.trace()
              .call(
                  new GroupNormSiluBackward(norm, site),
                  gradients.get(0),
                  x,
                  operands.get(1),
                  results.get(1),
                  results.get(2),
                  operands.get(2),
                  operands.get(3),
                  operands.get(4));
      List<Tensor> all = new ArrayList<>(derivatives);
      all.add(null);
      return all;
    }

    /** Of the pictures; statistics are in rows. */
    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return index == 0 ? MemoryOrder.CHANNELS_LAST : MemoryOrder.rowMajor(result);
    }
  }
}
