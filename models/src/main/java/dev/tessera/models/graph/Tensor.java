package dev.tessera.models.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A value of a program being traced: element type, shape and the operation that makes it. Methods
 * append operations; nothing is computed until the program runs.
 *
 * <p>A method without words of its own is PyTorch's function of that name: operands broadcast and
 * their dtypes promote as there, but reduced dimensions stay with size 1. Operands that do not fit
 * are a {@link ShapeException} while tracing.
 */
public final class Tensor {

  /** Older values first. */
  static final Comparator<Tensor> BY_AGE = Comparator.comparingLong(t -> t.age);

  private final Trace trace;
  private final String name;
  private final TensorType type;
  private final Operation operation;
  private final List<Tensor> operands;
  private final String path;
  private final boolean requiresGrad;
  private final long age;
  private final boolean inOrder;
  private final MemoryOrder order;

  private Tensor(
      Trace trace,
      String name,
      TensorType type,
      Operation operation,
      List<Tensor> operands,
      int index,
      String path) {
    this.path = path;
    this.trace = trace;
    this.name = name;
    this.type = type;
    this.operation = operation;
    this.operands = operands;
    this.age = operation == null ? -1 : Long.parseLong(name.substring(1));
    this.requiresGrad =
        operation instanceof Structure.Leaf
            || (operation != null
                && operation.derivative() != Derivative.NONE
                && operands.stream().anyMatch(t -> t.requiresGrad));
    this.inOrder = inOrder();
    this.order =
        operation == null
            ? MemoryOrder.rowMajor(type.shape())
            : MemoryOrder.of(operation, operands, type.shape(), index);
  }

  static Tensor input(Trace trace, String name, TensorType type) {
    return new Tensor(trace, name, type, null, List.of(), 0, "");
  }

  /** Result number {@code index} of an operation. */
  static Tensor result(
      Trace trace,
      String name,
      TensorType type,
      Operation operation,
      List<Tensor> operands,
      int index) {
    return new Tensor(trace, name, type, operation, operands, index, trace.here());
  }

  public Trace trace() {
    return trace;
  }

  public TensorType type() {
    return type;
  }

  public Shape shape() {
    return type.shape();
  }

  /** Size of dimension {@code i}; negative {@code i} counts from the last. */
  public long dim(int i) {
    return type.shape().dim(i);
  }

  /** Whether a gradient can flow from here to a leaf. */
  public boolean requiresGrad() {
    return requiresGrad;
  }

  String name() {
    return name;
  }

  /** Rises from operands to what is made of them; -1 for arguments. */
  long age() {
    return age;
  }

  /** How the elements lie on a GPU. */
  MemoryOrder order() {
    return order;
  }

  /** What makes this value; null for an argument. */
  Operation operation() {
    return operation;
  }

  List<Tensor> operands() {
    return operands;
  }

  /** Whether differentiation ends here. */
  boolean isLeaf() {
    return operation == null || operation instanceof Structure.Leaf;
  }

  boolean is(String other) {
    return name.equals(other);
  }

  /** Whether this is an argument of the program. */
  boolean isInput() {
    return operation == null;
  }

  /** The tensor whose memory this one views, as far as its operations always make views. */
  Tensor base() {
    if (operation == null || operation instanceof Structure.Leaf) {
      return this;
    }
    boolean view =
        operation instanceof Structure.Narrow
            || operation instanceof Structure.Split
            || operation instanceof Structure.Permute
            || operation instanceof Structure.Detach
            || (operation instanceof Structure.Reshape && operands.get(0).isRowMajor())
            || operation.mutates().contains(0);
    return view ? operands.get(0).base() : this;
  }

  /** Whether this value may share memory with an argument. */
  boolean mayAliasInput() {
    boolean alias =
        operation == null
            || operation instanceof Structure.Leaf
            || operation instanceof Structure.Reshape
            || operation instanceof Structure.Contiguous
            || operation instanceof Structure.ChannelsLast
            || operation instanceof Structure.Expand
            || base() != this;
    return operation == null || (alias && operands.get(0).mayAliasInput());
  }

  /**
   * Whether this value lies in the memory of its first operand, as far as its strides are known.
   */
  boolean isView() {
    if (operation == null) {
      return false;
    }
    if (trace.channelsLast() && mayCopy()) {
      return !copies();
    }
    if (operation instanceof Structure.Reshape) {
      Tensor operand = operands.get(0);
      return operand.inOrder || withoutOnes(shape()).equals(withoutOnes(operand.shape()));
    }
    return operation instanceof Structure.Narrow
        || operation instanceof Structure.Split
        || operation instanceof Structure.Permute
        || operation instanceof Structure.Expand
        || operation instanceof Structure.Detach
        || operation instanceof Structure.Leaf
        || (operation instanceof Structure.Contiguous && operands.get(0).inOrder)
        || operation.mutates().contains(0);
  }

  /** Whether it depends on the operand's order in memory whether this value is a copy. */
  private boolean mayCopy() {
    return operation instanceof Structure.Reshape
        || operation instanceof Structure.Contiguous
        || operation instanceof Structure.ChannelsLast;
  }

  /** Whether a GPU copies here. */
  private boolean copies() {
    Tensor operand = operands.get(0);
    if (operation instanceof Structure.Reshape) {
      return !MemoryOrder.reshapesInPlace(operand, shape());
    }
    return operation instanceof Structure.Contiguous
        ? !operand.order.isRowMajor()
        : !operand.order.isChannelsLast();
  }

  /** Whether libtorch hands the derivative of this value on to {@code operand} without a copy. */
  boolean passesDerivative(Tensor operand) {
    boolean pointwise = operation == Pointwise.Binary.ADD || operation == Pointwise.Binary.SUB;
    return (pointwise && shape().equals(operand.shape()))
        || operation instanceof Structure.Reshape
        || operation instanceof Structure.Permute
        || operation instanceof Structure.Contiguous
        || (operation instanceof Structure.ChannelsLast && trace.channelsLast());
  }

  private static List<Long> withoutOnes(Shape shape) {
    return Arrays.stream(shape.toArray()).filter(dim -> dim != 1).boxed().toList();
  }

  /** Whether the elements lie in row-major order: kernels keep the order of their operands. */
  private boolean inOrder() {
    if (operation == null || operation instanceof Structure.Contiguous) {
      return true;
    }
    if (operation instanceof Structure.Permute
        || operation instanceof Structure.Expand
        || operation instanceof Structure.ChannelsLast
        || (operation instanceof Contraction.Conv2d && trace.channelsLast())
        || (operation instanceof Contraction.Depthwise && trace.channelsLast())) {
      return false;
    }
    if (operation instanceof Structure.Narrow narrow) {
      return shape().axis(narrow.dim()) == 0 && operands.get(0).inOrder;
    }
    if (operation instanceof Structure.Split split) {
      return shape().axis(split.dim()) == 0 && operands.get(0).inOrder;
    }
    boolean kept = operation.isPointwise() || isView();
    return !kept
        || operands.stream()
            .filter(t -> t.shape().size() == shape().size())
            .findFirst()
            .map(t -> t.inOrder)
            .orElse(true);
  }

  /** Whether the elements are known to lie one after the other, so that reshaping makes a view. */
  private boolean isRowMajor() {
    if (operation == null) {
      return true;
    }
    boolean kept =
        operation instanceof Structure.Reshape
            || operation instanceof Structure.Detach
            || operation instanceof Structure.Contiguous
            || operation.mutates().contains(0)
            || (operation instanceof Structure.Narrow narrow && shape().axis(narrow.dim()) == 0)
            || (operation instanceof Structure.Split split && shape().axis(split.dim()) == 0);
    return kept && operands.get(0).isRowMajor();
  }

  /** Whether a gradient flows from this value to {@code other}. */
  boolean dependsOn(Tensor other) {
    Deque<Tensor> open = new ArrayDeque<>(List.of(this));
    Set<Tensor> seen = new HashSet<>();
    while (!open.isEmpty()) {
      Tensor tensor = open.pop();
      if (tensor == other) {
        return true;
      }
      if (tensor.requiresGrad
          && !(tensor.operation instanceof Structure.Leaf)
          && seen.add(tensor)) {
        open.addAll(tensor.operands);
      }
    }
    return false;
  }

  /** The layer of some operation between leaves and this value without a second derivative. */
  Optional<String> onceDifferentiable() {
    Deque<Tensor> open = new ArrayDeque<>(List.of(this));
    Set<Tensor> seen = new HashSet<>();
    while (!open.isEmpty()) {
      Tensor tensor = open.pop();
      boolean inner = tensor.requiresGrad && !(tensor.operation instanceof Structure.Leaf);
      if (inner && seen.add(tensor)) {
        if (tensor.operation.derivative() == Derivative.FIRST) {
          return Optional.of(tensor.path);
        }
        open.addAll(tensor.operands);
      }
    }
    return Optional.empty();
  }

  // Pointwise.

  public Tensor add(Tensor other) {
    return trace.apply(Pointwise.Binary.ADD, this, other);
  }

  public Tensor sub(Tensor other) {
    return trace.apply(Pointwise.Binary.SUB, this, other);
  }

  public Tensor mul(Tensor other) {
    return trace.apply(Pointwise.Binary.MUL, this, other);
  }

  /** {@code this + x y} in one pass over memory. */
  public Tensor addProduct(Tensor x, Tensor y) {
    return trace.apply(new Pointwise.AddProduct(), this, x, y);
  }

  public Tensor div(Tensor other) {
    return trace.apply(Pointwise.Binary.DIV, this, other);
  }

  public Tensor maximum(Tensor other) {
    return trace.apply(Pointwise.Binary.MAXIMUM, this, other);
  }

  public Tensor minimum(Tensor other) {
    return trace.apply(Pointwise.Binary.MINIMUM, this, other);
  }

  public Tensor add(double value) {
    return trace.apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.ADD, value), this);
  }

  public Tensor mul(double value) {
    return trace.apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.MUL, value), this);
  }

  public Tensor pow(double exponent) {
    return trace.apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.POW, exponent), this);
  }

  public Tensor neg() {
    return trace.apply(Pointwise.Unary.NEG, this);
  }

  public Tensor exp() {
    return trace.apply(Pointwise.Unary.EXP, this);
  }

  /** {@code exp(x) - 1}, exact near 0. */
  public Tensor expm1() {
    return trace.apply(Pointwise.Unary.EXPM1, this);
  }

  public Tensor log() {
    return trace.apply(Pointwise.Unary.LOG, this);
  }

  /** {@code log(1 + x)}, exact near 0. */
  public Tensor log1p() {
    return trace.apply(Pointwise.Unary.LOG1P, this);
  }

  public Tensor sqrt() {
    return trace.apply(Pointwise.Unary.SQRT, this);
  }

  /** {@code 1 / sqrt(x)}. */
  public Tensor rsqrt() {
    return trace.apply(Pointwise.Unary.RSQRT, this);
  }

  public Tensor square() {
    return trace.apply(Pointwise.Unary.SQUARE, this);
  }

  public Tensor reciprocal() {
    return trace.apply(Pointwise.Unary.RECIPROCAL, this);
  }

  public Tensor abs() {
    return trace.apply(Pointwise.Unary.ABS, this);
  }

  public Tensor sin() {
    return trace.apply(Pointwise.Unary.SIN, this);
  }

  public Tensor cos() {
    return trace.apply(Pointwise.Unary.COS, this);
  }

  public Tensor atan() {
    return trace.apply(Pointwise.Unary.ATAN, this);
  }

  public Tensor tanh() {
    return trace.apply(Pointwise.Unary.TANH, this);
  }

  public Tensor sigmoid() {
    return trace.apply(Pointwise.Unary.SIGMOID, this);
  }

  /** {@code x sigmoid(x)}. */
  public Tensor silu() {
    return trace.apply(Pointwise.Unary.SILU, this);
  }

  /** The tanh form of GELU. */
  public Tensor gelu() {
    return trace.apply(Pointwise.Unary.GELU, this);
  }

  public Tensor relu() {
    return trace.apply(Pointwise.Unary.RELU, this);
  }

  /** {@code log(1 + exp(x))}. */
  public Tensor softplus() {
    return trace.apply(Pointwise.Unary.SOFTPLUS, this);
  }

  public Tensor sign() {
    return trace.apply(Pointwise.Unary.SIGN, this);
  }

  public Tensor floor() {
    return trace.apply(Pointwise.Unary.FLOOR, this);
  }

  /** To the nearest integer, halves to even. */
  public Tensor round() {
    return trace.apply(Pointwise.Unary.ROUND, this);
  }

  public Tensor leakyRelu(double slope) {
    return trace.apply(new Pointwise.LeakyRelu(slope), this);
  }

  public Tensor clamp(double min, double max) {
    return trace.apply(new Pointwise.Clamp(min, max), this);
  }

  public Tensor less(Tensor other) {
    return trace.apply(Pointwise.Compare.LESS, this, other);
  }

  public Tensor lessOrEqual(Tensor other) {
    return trace.apply(Pointwise.Compare.LESS_OR_EQUAL, this, other);
  }

  public Tensor greater(Tensor other) {
    return trace.apply(Pointwise.Compare.GREATER, this, other);
  }

  public Tensor equalTo(Tensor other) {
    return trace.apply(Pointwise.Compare.EQUAL, this, other);
  }

  /** {@code this ? x : y}; this is bool. */
  public Tensor where(Tensor x, Tensor y) {
    return trace.apply(new Pointwise.Where(), this, x, y);
  }

  // Reductions; the reduced dimensions stay with size 1.

  public Tensor sum(int... dims) {
    return reduce(Reduction.Reduce.Kind.SUM, dims);
  }

  public Tensor mean(int... dims) {
    return reduce(Reduction.Reduce.Kind.MEAN, dims);
  }

  /** The greatest; ties share the gradient. */
  public Tensor amax(int... dims) {
    return reduce(Reduction.Reduce.Kind.AMAX, dims);
  }

  public Tensor amin(int... dims) {
    return reduce(Reduction.Reduce.Kind.AMIN, dims);
  }

  private Tensor reduce(Reduction.Reduce.Kind kind, int... dims) {
    return trace.apply(new Reduction.Reduce(kind, Reduction.dims(dims)), this);
  }

  /** The L2 norm along {@code dims}, which stay with size 1. */
  public Tensor norm(int... dims) {
    return reduce(Reduction.Reduce.Kind.NORM, dims);
  }

  /**
   * The root of the mean of squares along {@code dims}, which stay with size 1. Its gradient at 0
   * is 0; it has a second derivative where the program is to be differentiated twice.
   */
  public Tensor rootMeanSquare(int... dims) {
    if (trace.differentiableTwice()) {
      // Far below the square of any float32 that matters, and above 0.
      return square().mean(dims).add(1e-30).sqrt();
    }
    double count = Arrays.stream(dims).mapToDouble(this::dim).reduce(1, (a, b) -> a * b);
    return norm(dims).mul(1 / Math.sqrt(count));
  }

  /** The sum of all elements, without dimensions. */
  public Tensor sumAll() {
    return reshape(Shape.of(shape().size())).sum(0).reshape(Shape.of());
  }

  /** The mean of all elements, without dimensions. */
  public Tensor meanAll() {
    return reshape(Shape.of(shape().size())).mean(0).reshape(Shape.of());
  }

  /** int64 indices of the least elements along {@code dim}, which disappears. */
  public Tensor argMin(int dim) {
    return trace.apply(new Reduction.ArgReduce(true, dim), this);
  }

  public Tensor argMax(int dim) {
    return trace.apply(new Reduction.ArgReduce(false, dim), this);
  }

  /** Sums of the first element along {@code dim}, the first two, and so on. */
  public Tensor cumulativeSum(int dim) {
    return trace.apply(new Reduction.CumulativeSum(dim), this);
  }

  public Tensor softmax(int dim) {
    return trace.apply(new Reduction.Softmax(dim), this);
  }

  public Tensor logSoftmax(int dim) {
    return trace.apply(new Reduction.LogSoftmax(dim), this);
  }

  // Contractions, in the compute type.

  /** {@code [..., n, k] x [..., k, m] -> [..., n, m]}. */
  public Tensor matmul(Tensor other) {
    return trace.apply(new Contraction.MatMul(), compute(this), compute(other));
  }

  /** {@code [..., in] -> [..., out]} by {@code weight [out, in]} and {@code bias [out]} or null. */
  public Tensor linear(Tensor weight, Tensor bias) {
    Contraction.Linear linear = new Contraction.Linear();
    return bias == null
        ? trace.apply(linear, compute(this), compute(weight))
        : trace.apply(linear, compute(this), compute(weight), compute(bias));
  }

  /**
   * Eigenvalues {@code [n]} in rising order and orthonormal eigenvectors, the columns of {@code [n,
   * n]}, of a symmetric matrix whose lower triangle is read. No gradient passes.
   */
  public List<Tensor> eigh() {
    return trace.applyAll(new Decomposition.SymmetricEigen(true), this);
  }

  /** The eigenvalues of {@link #eigh} alone, several times faster. */
  public Tensor eigenvalues() {
    return trace.apply(new Decomposition.SymmetricEigen(false), this);
  }

  /** {@code [N, in, H, W]} by {@code weight [out, in, k, k]} and {@code bias [out]} or null. */
  public Tensor conv2d(Tensor weight, Tensor bias, int stride, int padding) {
    Contraction.Conv2d conv = new Contraction.Conv2d(stride, padding);
    if (bias != null && trace.fuses() && weight.dim(0) % 8 == 0) {
      return trace.apply(conv, pictures(this), pictures(weight)).addBias(bias, null, 1);
    }
    return bias == null
        ? trace.apply(conv, pictures(this), pictures(weight))
        : trace.apply(conv, pictures(this), pictures(weight), compute(bias));
  }

  /** {@code [N, C, H, W]}, each channel by its own kernel of {@code weight [C, 1, k, k]}. */
  public Tensor depthwise(Tensor weight, int padding) {
    return trace.apply(new Contraction.Depthwise(padding), pictures(this), compute(weight));
  }

  /**
   * {@code (this + bias + other) scale}, in one pass on a GPU.
   *
   * @param bias {@code [C]} of this {@code [N, C, H, W]}
   * @param other like this, or null
   */
  public Tensor addBias(Tensor bias, Tensor other, double scale) {
    boolean alike = other == null || other.type.equals(type);
    if (trace.fuses() && alike && dim(1) % 8 == 0) {
      return trace
          .own(
              new Own.AddBias(scale),
              pictures(this),
              bias.master(),
              other == null ? Own.none(trace, type.dtype()) : pictures(other))
          .get(0);
    }
    Tensor sum = add(bias.cast(type.dtype()).reshape(1, dim(1), 1, 1));
    Tensor both = other == null ? sum : sum.add(other);
    return scale == 1 ? both : both.mul(scale);
  }

  /** As a convolution takes it. */
  private Tensor pictures(Tensor tensor) {
    Tensor cast = compute(tensor);
    boolean known =
        cast.operation instanceof Structure.ChannelsLast
            || cast.operation instanceof Contraction.Conv2d
            || cast.operation instanceof Contraction.Depthwise;
    return trace.channelsLast() && !known ? trace.apply(new Structure.ChannelsLast(), cast) : cast;
  }

  /** Attention of queries (this), keys and values, all {@code [N, heads, tokens, d]}. */
  public Tensor attention(Tensor keys, Tensor values, boolean causal) {
    if (trace.differentiableTwice() && !causal) {
      Tensor scores = matmul(keys.transpose(2, 3)).master().mul(1 / Math.sqrt((double) dim(3)));
      return scores.softmax(-1).matmul(values);
    }
    return trace.apply(
        new Contraction.Attention(causal), compute(this), compute(keys), compute(values));
  }

  private Tensor compute(Tensor tensor) {
    return tensor.cast(trace.computeType());
  }

  // Normalisation, in the master type.

  /** Over groups of channels of {@code [N, C, ...]}; weight and bias {@code [C]}. */
  public Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
    return trace.apply(new Normalization.GroupNorm(groups, eps), master(), weight, bias);
  }

  /**
   * What stands between two convolutions of {@code [N, C, ...]}: shift, group norm, SiLU, dropout.
   *
   * @param shiftOrNull {@code [N, C]}, added to every position first; null for none
   * @param weight {@code [C]}
   * @param bias {@code [C]}
   * @param silu whether SiLU follows the norm
   * @param dropout chance that an element of the result becomes 0, all others growing so that the
   *     mean stays (Srivastava et al. 2014); below 1, and 0 for none
   */
  public Tensor groupNormSilu(
      Tensor shiftOrNull,
      int groups,
      Tensor weight,
      Tensor bias,
      double eps,
      boolean silu,
      double dropout) {
    if (trace.fuses() && shape().rank() == 4) {
      boolean random = dropout > 0;
      return trace
          .own(
              new Own.GroupNormSilu(groups, eps, silu, dropout, random ? trace.nextSite() : 0),
              pictures(this),
              shiftOrNull == null ? Own.none(trace, trace.computeType()) : compute(shiftOrNull),
              weight,
              bias,
              random ? trace.key() : Own.none(trace, DType.INT64))
          .get(0);
    }
    Tensor shifted = shiftOrNull == null ? this : master().add(perChannel(shiftOrNull.master()));
    Tensor normal = shifted.groupNorm(groups, weight, bias, eps);
    Tensor active = silu ? normal.silu() : normal;
    return dropout == 0 ? active : active.dropout(dropout);
  }

  /** {@code [N, C]} as {@code [N, C, 1, ...]}, of as many dimensions as this. */
  private Tensor perChannel(Tensor shift) {
    long[] dims = new long[shape().rank()];
    Arrays.fill(dims, 1);
    dims[0] = shift.dim(0);
    dims[1] = shift.dim(1);
    return shift.reshape(Shape.of(dims));
  }

  /**
   * Elements become 0 with this chance and all others grow so that the mean stays (Srivastava et
   * al. 2014).
   *
   * @param chance below 1
   */
  public Tensor dropout(double chance) {
    Tensor limit = trace.full(trace.precision().master(), Shape.of(), chance);
    Tensor kept = limit.lessOrEqual(trace.uniform(shape()));
    return kept.where(mul(1 / (1 - chance)), trace.full(type.dtype(), Shape.of(), 0));
  }

  /** {@code (this + other) scale}: how a residual joins its skip at equal variance. */
  public Tensor scaledSum(Tensor other, double scale) {
    return trace.fuses() && type.equals(other.type)
        ? trace.own(new Own.ScaledSum(scale), this, other).get(0)
        : add(other).mul(scale);
  }

  /** Over the last dimension, without scale and shift. */
  public Tensor layerNorm(double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), master());
  }

  /**
   * Over the last dimension, for a consumer in the compute type: operand and result are of that
   * type, the statistics of the master type.
   */
  public Tensor shortLayerNorm(double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), compute(this));
  }

  /** Over the last dimension; weight and bias of its size. */
  public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), master(), weight, bias);
  }

  /**
   * Layer norm over the last dimension, then {@code n (1 + scale) + shift}, for a consumer in the
   * compute type.
   *
   * @param shift {@code [N, D]}, one a picture, and so {@code scale}; this is {@code [N, T, D]}
   */
  public Tensor normModulate(Tensor shift, Tensor scale, double eps) {
    if (fusesRows()) {
      return trace.own(new Own.NormModulate(eps), this, compute(shift), compute(scale)).get(0);
    }
    return perToken(shift).addProduct(shortLayerNorm(eps), perToken(scale).add(1));
  }

  /**
   * {@code sum = this + gate delta}, and {@link #normModulate} of it.
   *
   * @param gate {@code [N, D]}, one a picture, and so {@code shift} and {@code scale}
   * @param delta {@code [N, T, D]} like this
   * @return sum, in this type, then its norm, modulated
   */
  public List<Tensor> addNormModulate(
      Tensor gate, Tensor delta, Tensor shift, Tensor scale, double eps) {
    if (fusesRows()) {
      return trace
          .own(
              new Own.AddNormModulate(eps),
              this,
              compute(gate),
              compute(delta),
              compute(shift),
              compute(scale))
          .subList(0, 2);
    }
    // The residual stream stays in the master type; its summands need not.
    Tensor sum = addProduct(perToken(gate), delta);
    return List.of(sum, sum.normModulate(shift, scale, eps));
  }

  /** Whether rows of this {@code [N, T, D]} are what the operators for tokens take. */
  private boolean fusesRows() {
    return trace.fuses()
        && shape().rank() == 3
        && type.dtype() == DType.FLOAT32
        && dim(2) % 128 == 0
        && dim(2) <= 2048;
  }

  private static Tensor perToken(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), 1, perPicture.dim(1)));
  }

  /** {@code gelu(x weight^T + bias)}: the tanh form, in the compute type. */
  public Tensor linearGelu(Tensor weight, Tensor bias) {
    boolean own = trace.fuses() && weight.dim(0) % 8 == 0;
    return own
        ? trace.own(new Own.BiasGelu(), linear(weight, null), bias.master()).get(0)
        : linear(weight, bias).gelu();
  }

  /** This value in the master type. */
  public Tensor master() {
    return cast(trace.precision().master());
  }

  // Structure.

  public Tensor reshape(long... dims) {
    return reshape(Shape.of(dims));
  }

  public Tensor reshape(Shape shape) {
    return shape.equals(shape()) ? this : trace.apply(new Structure.Reshape(shape), this);
  }

  /** Dimension {@code i} of the result is dimension {@code order[i]} of this. */
  public Tensor permute(int... order) {
    return trace.apply(new Structure.Permute(Arrays.stream(order).boxed().toList()), this);
  }

  /** Exchanges two dimensions. */
  public Tensor transpose(int a, int b) {
    int[] order = java.util.stream.IntStream.range(0, shape().rank()).toArray();
    order[shape().axis(a)] = shape().axis(b);
    order[shape().axis(b)] = shape().axis(a);
    return permute(order);
  }

  public Tensor expand(Shape shape) {
    return shape.equals(shape()) ? this : trace.apply(new Structure.Expand(shape(), shape), this);
  }

  public Tensor narrow(int dim, long start, long length) {
    return trace.apply(new Structure.Narrow(dim, start, length), this);
  }

  public List<Tensor> split(int dim, long... sizes) {
    List<Long> list = Arrays.stream(sizes).boxed().toList();
    return trace.applyAll(new Structure.Split(list, dim), this);
  }

  /** {@code parts} equal parts along {@code dim}. */
  public List<Tensor> chunk(int dim, int parts) {
    long[] sizes = new long[parts];
    Arrays.fill(sizes, dim(dim) / parts);
    return split(dim, sizes);
  }

  public static Tensor cat(int dim, List<Tensor> parts) {
    Tensor first = parts.get(0);
    return parts.size() == 1
        ? first
        : first.trace.apply(new Structure.Cat(dim), parts.toArray(Tensor[]::new));
  }

  public Tensor flip(int dim) {
    return trace.apply(new Structure.Flip(dim), this);
  }

  public Tensor contiguous() {
    return trace.apply(new Structure.Contiguous(), this);
  }

  public Tensor cast(DType dtype) {
    return dtype == type.dtype() ? this : trace.apply(new Structure.Cast(dtype), this);
  }

  /** The same values, for which no gradient flows back. */
  public Tensor detach() {
    return trace.apply(new Structure.Detach(), this);
  }

  /** A fresh leaf of the autograd graph. */
  public Tensor leaf() {
    return trace.apply(new Structure.Leaf(), this);
  }

  public Tensor upsampleNearest(int scale) {
    return trace.apply(new Structure.UpsampleNearest(scale), this);
  }

  public Tensor avgPool(int size) {
    // libtorch's derivative is several times slower than the pass over memory that it takes.
    return trace.fuses()
        ? trace.own(new Own.MeanPool(size), this).get(0)
        : trace.apply(new Structure.AvgPool(size), this);
  }

  /** Zeros below and on the right of {@code [N, C, H, W]}. */
  public Tensor padZeros(int rows, int columns) {
    return trace.apply(new Structure.PadZeros(rows, columns), this);
  }

  // Indexing.

  /** Rows of this table {@code [K, d]} at int64 {@code index [...]}: {@code [..., d]}. */
  public Tensor embedding(Tensor index) {
    return trace.apply(new Indexing.Embedding(), this, index);
  }

  /**
   * This {@code [N, C, H, W]} at places {@code grid [N, h, w, 2]}, bicubically: {@code [N, C, h,
   * w]}. Places are x and y, from -1 to 1 between the picture's borders, beyond which it is
   * mirrored. For data: it has no derivative.
   */
  public Tensor sampled(Tensor grid) {
    return trace.apply(new Indexing.Sampled(), this, grid);
  }

  /** This {@code [K, ...]} plus rows {@code values [n, ...]} at {@code index [n]}. */
  public Tensor indexAdd(Tensor index, Tensor values) {
    return trace.apply(new Indexing.IndexAdd(), this, index, values);
  }

  public Tensor gather(int dim, Tensor index) {
    return trace.apply(new Indexing.Gather(dim), this, index);
  }

  // Updates in place, for buffers.

  /** This buffer becomes {@code source}. */
  public Tensor copyFrom(Tensor source) {
    return trace.apply(new InPlace.Copy(), this, source);
  }

  /** This buffer moves towards {@code source} by the scalar {@code weight}. */
  public Tensor lerpTo(Tensor source, Tensor weight) {
    return trace.apply(new InPlace.Lerp(), this, source, weight);
  }

  /** This buffer grows by {@code scale source}. */
  public Tensor addInPlace(Tensor source, double scale) {
    return trace.apply(new InPlace.AddScaled(scale), this, source);
  }

  /**
   * This parameter takes one step of AdamW; both moments change too.
   *
   * @param divisor of the gradient, which is divided in place: how clipping costs no pass of its
   *     own over memory; null for none
   * @param skip 1 where nothing is to change, not even for gradients that are no numbers, otherwise
   *     0; null for never
   */
  public Tensor adamW(
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor step,
      Tensor learningRate,
      Tensor divisor,
      Tensor skip,
      double beta1,
      double beta2,
      double eps,
      double weightDecay) {
    List<Tensor> operands =
        new ArrayList<>(List.of(this, gradient, firstMoment, secondMoment, step, learningRate));
    if (divisor != null) {
      operands.add(divisor);
    }
    if (skip != null) {
      operands.add(skip);
    }
    return trace.apply(
        new InPlace.AdamW(beta1, beta2, eps, weightDecay, divisor != null, skip != null),
        operands.toArray(Tensor[]::new));
  }

  /**
   * As {@link #adamW}, and the parameters' average in the same pass, by one operator of our own.
   *
   * @param average moves by {@code approach} towards the new parameters; null for none
   * @param divisor of the gradient, which stays as it is
   * @param skipped float32 scalar: where it is 1, nothing changes
   */
  public Tensor adamWEma(
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor average,
      Tensor step,
      Tensor learningRate,
      Tensor approach,
      Tensor divisor,
      Tensor skipped,
      double beta1,
      double beta2,
      double eps,
      double weightDecay) {
    return trace.apply(
        new Own.AdamWEma(beta1, beta2, eps, weightDecay, average != null),
        this,
        gradient,
        firstMoment,
        secondMoment,
        average != null ? average : Own.none(trace, DType.FLOAT32),
        step,
        learningRate,
        approach,
        divisor,
        skipped);
  }

  @Override
  public String toString() {
    return name + ": " + type;
  }
}
