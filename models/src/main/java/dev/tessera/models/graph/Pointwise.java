package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Locale;

/** Operations on corresponding elements, with broadcasting. */
sealed interface Pointwise extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  @Override
  default MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result);
  }

  /** A function of one operand, result in its type. */
  enum Unary implements Pointwise {
    NEG("torch.neg(%s)", 1),
    EXP("torch.exp(%s)", 4),
    EXPM1("torch.expm1(%s)", 4),
    LOG("torch.log(%s)", 4),
    LOG1P("torch.log1p(%s)", 4),
    SQRT("torch.sqrt(%s)", 1),
    RSQRT("torch.rsqrt(%s)", 2),
    SQUARE("torch.square(%s)", 1),
    RECIPROCAL("torch.reciprocal(%s)", 1),
    ABS("torch.abs(%s)", 1),
    SIN("torch.sin(%s)", 4),
    COS("torch.cos(%s)", 4),
    ATAN("torch.atan(%s)", 4),
    TANH("torch.tanh(%s)", 4),
    SIGMOID("torch.sigmoid(%s)", 4),
    SILU("torch.silu(%s)", 5),
    GELU("torch.gelu(%s, approximate=\"tanh\")", 8),
    RELU("torch.relu(%s)", 1),
    SOFTPLUS("torch.softplus(%s)", 6),
    SIGN("torch.sign(%s)", 1),
    FLOOR("torch.floor(%s)", 1),
    ROUND("torch.round(%s)", 1);

    private final String format;
    private final int cost;

    Unary(String format, int cost) {
      this.format = format;
      this.cost = cost;
    }

    /** Whether integers stay such; libtorch turns them into floats under all others. */
    private boolean keepsIntegers() {
      return switch (this) {
        case NEG, SQUARE, ABS, SIGN, RELU -> true;
        case EXP,
            EXPM1,
            LOG,
            LOG1P,
            SQRT,
            RSQRT,
            RECIPROCAL,
            SIN,
            COS,
            ATAN,
            TANH,
            SIGMOID,
            SILU,
            GELU,
            SOFTPLUS,
            FLOOR,
            ROUND ->
            false;
      };
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      String operation = name().toLowerCase(Locale.ROOT);
      return List.of(
          keepsIntegers() ? inputs.get(0).numeric(operation) : inputs.get(0).floating(operation));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), String.format(Locale.ROOT, format, inputs.get(0)));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return (double) cost * outputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return switch (this) {
        case EXP, EXPM1, SQRT, RSQRT, RECIPROCAL, TANH, SIGMOID, RELU -> Kept.RESULTS;
        case LOG, LOG1P, SQUARE, ABS, SIN, COS, ATAN, SILU, GELU, SOFTPLUS -> Kept.OPERANDS;
        case NEG, SIGN, FLOOR, ROUND -> Kept.NOTHING;
      };
    }

    @Override
    public Derivative derivative() {
      return switch (this) {
        case SIGN, FLOOR, ROUND -> Derivative.NONE;
        default -> Derivative.SECOND;
      };
    }
  }

  /** A function of two operands that broadcast. */
  enum Binary implements Pointwise {
    ADD("add"),
    SUB("sub"),
    MUL("mul"),
    DIV("div"),
    MAXIMUM("maximum"),
    MINIMUM("minimum");

    private final String function;

    Binary(String function) {
      this.function = function;
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType a = inputs.get(0);
      TensorType b = inputs.get(1);
      TensorType result = new TensorType(promoted(a, b), common(function, a, b));
      if (this == SUB) {
        a.numeric(function);
        b.numeric(function);
      }
      return List.of(this == DIV ? result.floating(function) : result);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0), "torch." + function + "(" + inputs.get(0) + ", " + inputs.get(1) + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return outputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return switch (this) {
        case ADD, SUB -> Kept.NOTHING;
        case MUL -> Kept.PARTNERS;
        case DIV, MAXIMUM, MINIMUM -> Kept.OPERANDS;
      };
    }

    @Override
    public boolean passesDerivative(TensorType operand, TensorType result) {
      return (this == ADD || this == SUB) && operand.shape().equals(result.shape());
    }
  }

  /** {@code x OP value} with a number known while tracing. */
  record WithScalar(Kind kind, double value) implements Pointwise {

    enum Kind {
      ADD("torch.add(%s, %s)"),
      MUL("torch.mul(%s, %s)"),
      POW("torch.pow(%s, %s)");

      private final String format;

      Kind(String format) {
        this.format = format;
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0).floating(kind.name().toLowerCase(Locale.ROOT)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(Locale.ROOT, kind.format, inputs.get(0), Statements.number(value)));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return outputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return kind == Kind.POW ? Kept.OPERANDS : Kept.NOTHING;
    }
  }

  /** {@code x} where positive, {@code slope x} elsewhere. */
  record LeakyRelu(double slope) implements Pointwise {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0).floating("leaky relu"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.leaky_relu(" + inputs.get(0) + ", " + Statements.number(slope) + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return outputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }
  }

  /** Values limited to {@code [min, max]}. */
  record Clamp(double min, double max) implements Pointwise {
    public Clamp {
      if (!(min <= max)) {
        throw new IllegalArgumentException(
            "max: " + max + " (expected: at least min, " + min + ")");
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0).floating("clamp"));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.clamp("
              + inputs.get(0)
              + ", "
              + Statements.number(min)
              + ", "
              + Statements.number(max)
              + ")");
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }
  }

  /** Truth of a relation between two operands that broadcast. */
  enum Compare implements Pointwise {
    LESS("lt"),
    LESS_OR_EQUAL("le"),
    GREATER("gt"),
    EQUAL("eq");

    private final String function;

    Compare(String function) {
      this.function = function;
    }

    /** As {@link Tensor}'s method is called. */
    private String called() {
      return this == EQUAL ? "equal to" : name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(new TensorType(DType.BOOL, common(called(), inputs.get(0), inputs.get(1))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0), "torch." + function + "(" + inputs.get(0) + ", " + inputs.get(1) + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** {@code condition ? x : y}; operands (condition, x, y) broadcast. */
  record Where() implements Pointwise {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (inputs.get(0).dtype() != DType.BOOL) {
        throw new ShapeException("where expects a bool condition, got " + inputs.get(0));
      }
      Shape xy = common("where", inputs.get(1), inputs.get(2));
      DType dtype = promoted(inputs.get(1), inputs.get(2));
      return List.of(
          new TensorType(dtype, common("where", inputs.get(0), new TensorType(dtype, xy))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.where(" + String.join(", ", inputs) + ")");
    }

    @Override
    public Kept kept() {
      return Kept.PARTNERS;
    }
  }

  /** {@code t + x y} in one pass, {@code t}, {@code x} and {@code y} of one dimension or more. */
  record AddProduct() implements Pointwise {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      DType dtype = DType.BOOL;
      TensorType all = inputs.get(0);
      for (TensorType input : inputs) {
        if (input.shape().rank() == 0) {
          throw new ShapeException("add product expects tensors with dimensions, got " + inputs);
        }
        dtype = DType.promote(dtype, input.floating("add product").dtype());
        all = new TensorType(dtype, common("add product", all, input));
      }
      return List.of(all);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.addcmul(" + String.join(", ", inputs) + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 2.0 * outputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.FACTORS;
    }
  }

  /** PyTorch's promotion, in which tensors without dimensions count for less. */
  private static DType promoted(TensorType a, TensorType b) {
    if (a.shape().rank() == 0 && b.shape().rank() > 0) {
      return promotedByScalar(b.dtype(), a.dtype());
    }
    if (b.shape().rank() == 0 && a.shape().rank() > 0) {
      return promotedByScalar(a.dtype(), b.dtype());
    }
    return DType.promote(a.dtype(), b.dtype());
  }

  /** A scalar raises a tensor's type only from truth values to numbers and these to floats. */
  private static DType promotedByScalar(DType tensor, DType scalar) {
    boolean raised = !tensor.isFloating() && (tensor == DType.BOOL || scalar.isFloating());
    return raised ? DType.promote(tensor, scalar) : tensor;
  }

  private static Shape common(String name, TensorType a, TensorType b) {
    Shape shape = Shape.broadcast(a.shape(), b.shape());
    if (shape == null) {
      throw new ShapeException(
          name + " expects shapes that broadcast, got " + a.shape() + " and " + b.shape());
    }
    return shape;
  }
}
