package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Operators of our own, {@code ops.tessera.NAME}: what each computes, and its kernels, stand in
 * {@code dev.tessera.models.kernel}. Autograd does not know them: the {@link Tape} closes the graph
 * at their operands and calls the operator that {@link Differentiable#backward} names.
 */
final class Own {

  private Own() {}

  /** An operator of our own. */
  sealed interface Operator extends Operation
      permits Differentiable,
          NormModulateBackward,
          AddNormModulateBackward,
          BiasGeluBackward,
          GroupNormSiluBackward,
          AddBiasBackward,
          AdamWEma {
    @Override
    default Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** An operator with a derivative. */
  sealed interface Differentiable extends Operator
      permits NormModulate, AddNormModulate, BiasGelu, AddBias, GroupNormSilu, ScaledSum, MeanPool {

    /**
     * Traces the derivatives of the loss by the operands, null where there is none.
     *
     * @param operands of the call
     * @param results of the call
     * @param gradients by the results, null for those that the loss does not depend on
     */
    List<Tensor> backward(List<Tensor> operands, List<Tensor> results, List<Tensor> gradients);
  }

  /**
   * {@code x fp32 [N, T, D], shift, scale [N, D] -> out [N, T, D], mean, rstd fp32 [N, T]}: layer
   * norm over D, times {@code 1 + scale}, plus {@code shift}, in the type of shift.
   */
  record NormModulate(double eps) implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = tokens(inputs.get(0));
      perPicture(x, inputs.get(1));
      perPicture(x, inputs.get(2));
      TensorType row = row(x);
      return List.of(new TensorType(inputs.get(1).dtype(), x.shape()), row, row);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "norm_modulate", outputs, inputs, Statements.number(eps));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 10.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor x = operands.get(0);
      return x.trace()
          .applyAll(
              new NormModulateBackward(),
              gradients.get(0),
              x,
              results.get(1),
              results.get(2),
              operands.get(2));
    }
  }

  /** {@code grad, x, mean, rstd, scale -> by x, shift, scale}. */
  record NormModulateBackward() implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType scale = inputs.get(4);
      return List.of(inputs.get(1), scale, scale);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "norm_modulate_backward", outputs, inputs);
    }
  }

  /**
   * {@code x fp32 [N, T, D], gate [N, D], delta [N, T, D], shift, scale [N, D] -> sum fp32, out [N,
   * T, D], mean, rstd fp32 [N, T]}: {@code sum = x + gate delta}, and of it what {@link
   * NormModulate} makes.
   */
  record AddNormModulate(double eps) implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = tokens(inputs.get(0));
      for (int i : new int[] {1, 3, 4}) {
        perPicture(x, inputs.get(i));
      }
      if (!inputs.get(2).shape().equals(x.shape())) {
        throw new ShapeException(
            "add_norm_modulate expects a summand of "
                + x.shape()
                + ", got "
                + inputs.get(2).shape());
      }
      TensorType row = row(x);
      return List.of(x, new TensorType(inputs.get(3).dtype(), x.shape()), row, row);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "add_norm_modulate", outputs, inputs, Statements.number(eps));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 12.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Trace trace = operands.get(0).trace();
      Tensor sum = gradients.get(0);
      Tensor out = gradients.get(1);
      return trace.applyAll(
          new AddNormModulateBackward(),
          sum != null ? sum : none(trace, DType.FLOAT32),
          out != null ? out : zeros(results.get(1)),
          results.get(0),
          results.get(2),
          results.get(3),
          operands.get(1),
          operands.get(2),
          operands.get(4));
    }
  }

  /**
   * {@code grad of sum or [0], grad of out, sum, mean, rstd, gate, delta, scale -> by x, gate,
   * delta, shift, scale}.
   */
  record AddNormModulateBackward() implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType gate = inputs.get(5);
      TensorType scale = inputs.get(7);
      return List.of(inputs.get(2), gate, inputs.get(6), scale, scale);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "add_norm_modulate_backward", outputs, inputs);
    }
  }

  /** {@code gelu(x + bias)}, the tanh form; {@code x [..., D], bias fp32 [D]}. */
  record BiasGelu() implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = inputs.get(0).floating("bias_gelu");
      if (!inputs.get(1).shape().equals(Shape.of(x.shape().dim(-1)))) {
        throw new ShapeException(
            "bias_gelu expects a bias of ["
                + x.shape().dim(-1)
                + "], got "
                + inputs.get(1).shape());
      }
      return List.of(x);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "bias_gelu", outputs, inputs);
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 11.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor x = operands.get(0);
      return x.trace().applyAll(new BiasGeluBackward(), gradients.get(0), x, operands.get(1));
    }
  }

  /** {@code grad, x, bias -> by x, bias}. */
  record BiasGeluBackward() implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(1), inputs.get(2));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "bias_gelu_backward", outputs, inputs);
    }
  }

  /**
   * {@code (x + bias + other) scale} of {@code x [N, C, H, W]} channels-last, {@code bias fp32 [C]}
   * and {@code other}, like x or {@code [0]} for none.
   */
  record AddBias(double scale) implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = inputs.get(0).floating("add_bias");
      if (x.shape().rank() != 4 || !inputs.get(1).shape().equals(Shape.of(x.shape().dim(1)))) {
        throw new ShapeException(
            "add_bias expects [N, C, H, W] and a bias of [C], got "
                + x.shape()
                + " and "
                + inputs.get(1).shape());
      }
      if (inputs.get(2).shape().size() > 0 && !inputs.get(2).equals(x)) {
        throw new ShapeException(
            "add_bias expects two summands alike, got " + x + " and " + inputs.get(2));
      }
      return List.of(x);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "add_bias", outputs, inputs, Statements.number(scale));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 3.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor all = scale == 1 ? gradients.get(0) : gradients.get(0).mul(scale);
      Tensor bias =
          operands.get(1).requiresGrad() ? all.trace().apply(new AddBiasBackward(), all) : null;
      return Arrays.asList(all, bias, operands.get(2).shape().size() > 0 ? all : null);
    }
  }

  /** {@code grad [N, C, H, W] -> by the bias fp32 [C]}. */
  record AddBiasBackward() implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(new TensorType(DType.FLOAT32, Shape.of(inputs.get(0).shape().dim(1))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "add_bias_backward", outputs, inputs);
    }
  }

  /** ATen's mean over squares, of which only the derivative is ours. */
  record MeanPool(int size) implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return new Structure.AvgPool(size).infer(inputs);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      new Structure.AvgPool(size).emit(text, outputs, inputs);
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      return List.of(gradients.get(0).mul(1.0 / (size * (double) size)).upsampleNearest(size));
    }
  }

  /**
   * {@code x [N, C, H, W] channels-last, shift [N, C] or [0], weight, bias fp32 [C], key int64 []
   * or [0] -> out, mean, rstd fp32 [N, groups]}: group norm of {@code x + shift}, SiLU if wanted,
   * and dropout by the key's random numbers.
   *
   * @param dropout chance that an element becomes 0; the others are scaled up
   * @param site of the random numbers
   */
  record GroupNormSilu(int groups, double eps, boolean silu, double dropout, long site)
      implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = inputs.get(0).floating("group_norm_silu");
      Shape shape = x.shape();
      if (shape.rank() != 4 || groups < 1 || shape.dim(1) % groups != 0) {
        throw new ShapeException(
            "group_norm_silu expects [N, C, H, W] of channels that "
                + groups
                + " groups divide, got "
                + shape);
      }
      Shape perPicture = Shape.of(shape.dim(0), shape.dim(1));
      if (inputs.get(1).shape().rank() == 2 && !inputs.get(1).shape().equals(perPicture)) {
        throw new ShapeException(
            "group_norm_silu expects a shift of " + perPicture + ", got " + inputs.get(1).shape());
      }
      for (TensorType affine : inputs.subList(2, 4)) {
        if (!affine.shape().equals(Shape.of(shape.dim(1)))) {
          throw new ShapeException(
              "group_norm_silu expects weight and bias of ["
                  + shape.dim(1)
                  + "], got "
                  + affine.shape());
        }
      }
      TensorType statistics = new TensorType(DType.FLOAT32, Shape.of(shape.dim(0), groups));
      return List.of(x, statistics, statistics);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "group_norm_silu", outputs, inputs, options(this, true));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 12.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor x = operands.get(0);
      List<Tensor> derivatives =
          x.trace()
              .applyAll(
                  new GroupNormSiluBackward(this),
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
  }

  /** {@code grad, x, shift, mean, rstd, weight, bias, key -> by x, shift, weight, bias}. */
  record GroupNormSiluBackward(GroupNormSilu forward) implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(1), inputs.get(2), inputs.get(5), inputs.get(6));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "group_norm_silu_backward", outputs, inputs, options(forward, false));
    }
  }

  private static String[] options(GroupNormSilu norm, boolean withEps) {
    List<String> options = new ArrayList<>(List.of(Integer.toString(norm.groups)));
    if (withEps) {
      options.add(Statements.number(norm.eps));
    }
    options.add(norm.silu ? "True" : "False");
    options.add(Statements.number(norm.dropout));
    options.add(Long.toString(norm.site));
    return options.toArray(String[]::new);
  }

  /** {@code (a + b) scale}. */
  record ScaledSum(double scale) implements Differentiable {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (!inputs.get(0).equals(inputs.get(1))) {
        throw new ShapeException(
            "scaled_sum expects two operands alike, got "
                + inputs.get(0)
                + " and "
                + inputs.get(1));
      }
      return List.of(inputs.get(0).floating("scaled_sum"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(text, "scaled_sum", outputs, inputs, Statements.number(scale));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 2.0 * inputs.get(0).shape().size();
    }

    @Override
    public List<Tensor> backward(
        List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
      Tensor both = gradients.get(0).mul(scale);
      return List.of(both, both);
    }
  }

  /**
   * One step of AdamW and of the parameters' average in one pass: {@code p, grad, exp_avg,
   * exp_avg_sq, ema or [0], step, rate, approach, divisor, skipped}, the last five float32 scalars.
   * Where {@code skipped} is 1 nothing changes.
   *
   * @param averaged whether there is an average, which moves by {@code approach} towards the new
   *     parameters
   */
  record AdamWEma(double beta1, double beta2, double eps, double weightDecay, boolean averaged)
      implements Operator {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType first = inputs.get(0);
      for (int i = 0; i < (averaged ? 5 : 4); i++) {
        if (first.dtype() != DType.FLOAT32 || !inputs.get(i).equals(first)) {
          throw new ShapeException(
              "adamw_ema expects float32 vectors of one size, got "
                  + first
                  + " and "
                  + inputs.get(i));
        }
      }
      return List.of(first);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      call(
          text,
          "adamw_ema",
          outputs,
          inputs,
          Statements.number(beta1),
          Statements.number(beta2),
          Statements.number(eps),
          Statements.number(weightDecay));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return (averaged ? 15.0 : 12.0) * inputs.get(0).shape().size();
    }

    @Override
    public Set<Integer> mutates() {
      return averaged ? Set.of(0, 2, 3, 4) : Set.of(0, 2, 3);
    }
  }

  private static TensorType tokens(TensorType x) {
    if (x.shape().rank() != 3 || x.dtype() != DType.FLOAT32) {
      throw new ShapeException("norm_modulate expects float32 [N, tokens, width], got " + x);
    }
    return x;
  }

  private static void perPicture(TensorType x, TensorType operand) {
    Shape expected = Shape.of(x.shape().dim(0), x.shape().dim(2));
    if (!operand.shape().equals(expected)) {
      throw new ShapeException(
          "norm_modulate expects shift, scale and gate of "
              + expected
              + ", got "
              + operand.shape());
    }
  }

  private static TensorType row(TensorType x) {
    return new TensorType(DType.FLOAT32, Shape.of(x.shape().dim(0), x.shape().dim(1)));
  }

  /** A tensor that stands for none. */
  static Tensor none(Trace trace, DType dtype) {
    return trace.full(dtype, Shape.of(0), 0);
  }

  private static Tensor zeros(Tensor like) {
    return like.trace().full(like.type().dtype(), like.shape(), 0);
  }

  private static void call(
      Statements text,
      String name,
      List<String> outputs,
      List<String> inputs,
      String... constants) {
    List<String> arguments = new ArrayList<>(inputs);
    arguments.addAll(Arrays.asList(constants));
    String call = "ops.tessera." + name + "(" + String.join(", ", arguments) + ")";
    text.assign(
        outputs.size() == 1
            ? outputs.get(0)
            : outputs.stream().map(output -> output + ", ").collect(Collectors.joining()).strip(),
        call);
  }
}
