package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Operations that combine the elements along dimensions. */
sealed interface Reduction extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  /** Sum, mean or extreme over {@code dims}; the reduced dimensions stay with size 1. */
  record Reduce(Kind kind, List<Integer> dims) implements Reduction {

    enum Kind {
      SUM("sum"),
      MEAN("mean"),
      AMAX("amax"),
      AMIN("amin"),
      /** The L2 norm. */
      NORM("linalg_vector_norm");

      private final String function;

      Kind(String function) {
        this.function = function;
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape shape = inputs.get(0).shape();
      if (dims.isEmpty() || dims.stream().map(shape::axis).distinct().count() < dims.size()) {
        throw new ShapeException(
            called() + " expects different dimensions of " + shape + ", got " + dims);
      }
      for (int dim : dims) {
        shape = shape.with(dim, 1);
      }
      return List.of(new TensorType(result(inputs.get(0)), shape));
    }

    /** As {@link Tensor}'s method is called. */
    private String called() {
      return kind.name().toLowerCase(Locale.ROOT);
    }

    private DType result(TensorType input) {
      return switch (kind) {
        case SUM -> input.dtype().isFloating() ? input.dtype() : DType.INT64;
        case MEAN, NORM -> input.floating(called()).dtype();
        case AMAX, AMIN -> input.dtype();
      };
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String order = kind == Kind.NORM ? ", 2" : "";
      text.assign(
          outputs.get(0),
          "torch." + kind.function + "(" + inputs.get(0) + order + ", " + dims + ", True)");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return kind == Kind.SUM || kind == Kind.MEAN ? Kept.NOTHING : Kept.ALL;
    }

    @Override
    public Derivative derivative() {
      // The norm has no second derivative at 0.
      return kind == Kind.NORM ? Derivative.FIRST : Derivative.SECOND;
    }
  }

  /** Index (int64) of the least or greatest element along {@code dim}, which disappears. */
  record ArgReduce(boolean least, int dim) implements Reduction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType x = inputs.get(0).numeric(least ? "argmin" : "argmax");
      return List.of(new TensorType(DType.INT64, x.shape().without(dim)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          (least ? "torch.argmin(" : "torch.argmax(") + inputs.get(0) + ", " + dim + ", False)");
    }

    @Override
    public Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** Sums of the first element along {@code dim}, the first two, and so on. */
  record CumulativeSum(int dim) implements Reduction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).shape().axis(dim);
      return List.of(inputs.get(0).floating("cumulative sum"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.cumsum(" + inputs.get(0) + ", " + dim + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.NOTHING;
    }
  }

  /** {@code exp(x) / sum(exp(x))} along {@code dim}. */
  record Softmax(int dim) implements Reduction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).shape().axis(dim);
      return List.of(inputs.get(0).floating("softmax"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.softmax(" + inputs.get(0) + ", " + dim + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 8.0 * inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.RESULTS;
    }
  }

  /** {@code x - log(sum(exp(x)))} along {@code dim}. */
  record LogSoftmax(int dim) implements Reduction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).shape().axis(dim);
      return List.of(inputs.get(0).floating("log softmax"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.log_softmax(" + inputs.get(0) + ", " + dim + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 8.0 * inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.RESULTS;
    }
  }

  static List<Integer> dims(int... dims) {
    return Arrays.stream(dims).boxed().toList();
  }
}
