package dev.tessera.models.graph;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Updates of buffers, in place: the first operand changes and is the result. */
sealed interface InPlace extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.NONE;
  }

  @Override
  default Set<Integer> mutates() {
    return Set.of(0);
  }

  private static List<TensorType> first(String name, List<TensorType> inputs, int same) {
    for (int i = 1; i <= same; i++) {
      if (!inputs.get(i).equals(inputs.get(0))) {
        throw new ShapeException(
            name + " expects equal types, got " + inputs.get(0) + " and " + inputs.get(i));
      }
    }
    return List.of(inputs.get(0));
  }

  private static void scalar(String name, TensorType type) {
    if (type.shape().rank() != 0) {
      throw new ShapeException(name + " expects a scalar, got " + type);
    }
  }

  /** {@code target <- source}. */
  record Copy() implements InPlace {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return first("copy", inputs, 1);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.copy_(" + inputs.get(0) + ", " + inputs.get(1) + ")");
    }
  }

  /** {@code target <- target + weight (source - target)}, weight a scalar tensor. */
  record Lerp() implements InPlace {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      scalar("lerp", inputs.get(2));
      if (inputs.get(2).dtype() != inputs.get(0).floating("lerp").dtype()) {
        throw new ShapeException(
            "lerp expects a weight of the target's type, got "
                + inputs.get(0)
                + " and "
                + inputs.get(2));
      }
      return first("lerp", inputs, 1);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.lerp_(" + String.join(", ", inputs) + ")");
    }
  }

  /** {@code target <- target + scale source}, scale known while tracing. */
  record AddScaled(double scale) implements InPlace {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).floating("add in place");
      return first("add in place", inputs, 1);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.add_(%s, %s, alpha=%s)",
              inputs.get(0),
              inputs.get(1),
              Statements.number(scale)));
    }
  }

  /**
   * One step of AdamW (Loshchilov and Hutter 2019) on operands (parameter, gradient, first moment,
   * second moment, step, learning rate, if {@code divided} a divisor of the gradient, and if {@code
   * conditional} a scalar that is 1 where nothing is to change, otherwise 0): the parameter and
   * both moments change, and so does a divided gradient. {@code step} counts from 1.
   */
  record AdamW(
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean divided,
      boolean conditional)
      implements InPlace {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).floating("adamw");
      scalar("adamw", inputs.get(4));
      scalar("adamw", inputs.get(5));
      for (TensorType type : inputs.subList(6, inputs.size())) {
        scalar("adamw", type);
        if (type.dtype() != DType.FLOAT32) {
          throw new ShapeException("adamw expects a scalar of float32, got " + type);
        }
      }
      return first("adamw", inputs, 3);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      // In-place operators on lists are deleted as dead code unless the lists have names and an
      // element is used afterwards: here by a copy onto itself, which costs nothing.
      String parameters = text.let("[" + inputs.get(0) + "]");
      String first = text.let("[" + inputs.get(2) + "]");
      String second = text.let("[" + inputs.get(3) + "]");
      text.let(
          String.format(
              Locale.ROOT,
              "torch._fused_adamw_(%s, [%s], %s, %s, annotate(List[Tensor], []), [%s], lr=%s,"
                  + " beta1=%s, beta2=%s, weight_decay=%s, eps=%s, amsgrad=False, maximize=False,"
                  + " grad_scale=%s, found_inf=%s)",
              parameters,
              inputs.get(1),
              first,
              second,
              inputs.get(4),
              inputs.get(5),
              Statements.number(beta1),
              Statements.number(beta2),
              Statements.number(weightDecay),
              Statements.number(eps),
              divided ? inputs.get(6) : "None",
              conditional ? inputs.get(inputs.size() - 1) : "None"));
      text.assign(outputs.get(0), "torch.copy_(" + inputs.get(0) + ", " + parameters + "[0])");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 12.0 * inputs.get(0).shape().size();
    }

    @Override
    public Set<Integer> mutates() {
      return divided ? Set.of(0, 1, 2, 3) : Set.of(0, 2, 3);
    }
  }
}
