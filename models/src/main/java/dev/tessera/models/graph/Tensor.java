package dev.tessera.models.graph;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A value of a program being traced: element type, shape and the operation that makes it. Methods
 * append operations; nothing is computed until the program runs.
 *
 * <p>A method without words of its own is PyTorch's function of that name: operands broadcast and
 * their dtypes promote as there, but reduced dimensions stay with size 1. Operands that do not fit
 * are a {@link ShapeException} while tracing.
 */
public final class Tensor implements Elementwise {

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
        operation != null
            && (operation.isLeaf()
                || (operation.derivative() != Derivative.NONE
                    && operands.stream().anyMatch(t -> t.requiresGrad)));
    this.order =
        operation == null
            ? MemoryOrder.rowMajor(type.shape())
            : operation.order(operands, type.shape(), index);
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

  @Override
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

  /** The layer in which this value was made. */
  String path() {
    return path;
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
    return operation == null || operation.isLeaf();
  }

  boolean is(String other) {
    return name.equals(other);
  }

  /** Whether this is an argument of the program. */
  boolean isInput() {
    return operation == null;
  }

  /** The tensor whose memory is written when this one is, as far as its operations tell. */
  Tensor base() {
    boolean same =
        operation != null
            && (operation.view() == View.SAME || (operation.view() == View.IF_ORDERED && isView()));
    return same ? operands.get(0).base() : this;
  }

  /** Whether this value may share memory with an argument. */
  boolean mayAliasInput() {
    return operation == null || (operation.view() != View.NONE && operands.get(0).mayAliasInput());
  }

  /** Whether this value lies in the memory of its first operand, as far as its order is known. */
  boolean isView() {
    return operation != null && operation.isView(operands, shape());
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
    return trace.apply(new Contraction.MatMul(), compute(), other.compute());
  }

  /** {@code [..., in] -> [..., out]} by {@code weight [out, in]} and {@code bias [out]} or null. */
  public Tensor linear(Tensor weight, Tensor bias) {
    Contraction.Linear linear = new Contraction.Linear();
    return bias == null
        ? trace.apply(linear, compute(), weight.compute())
        : trace.apply(linear, compute(), weight.compute(), bias.compute());
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
    return bias == null
        ? trace.apply(conv, toConvolve(), weight.toConvolve())
        : trace.apply(conv, toConvolve(), weight.toConvolve(), bias.compute());
  }

  /** {@code [N, C, H, W]}, each channel by its own kernel of {@code weight [C, 1, k, k]}. */
  public Tensor depthwise(Tensor weight, int padding) {
    return trace.apply(new Contraction.Depthwise(padding), toConvolve(), weight.compute());
  }

  /** As a convolution takes it: in the compute type, and on a GPU in channels-last order. */
  public Tensor toConvolve() {
    Tensor cast = compute();
    boolean known = cast.operation != null && cast.operation.makesChannelsLast();
    return trace.channelsLast() && !known ? trace.apply(new Views.ChannelsLast(), cast) : cast;
  }

  /** Attention of queries (this), keys and values, all {@code [N, heads, tokens, d]}. */
  public Tensor attention(Tensor keys, Tensor values, boolean causal) {
    if (trace.differentiableTwice() && !causal) {
      Tensor scores = matmul(keys.transpose(2, 3)).master().mul(1 / Math.sqrt((double) dim(3)));
      return scores.softmax(-1).matmul(values);
    }
    return trace.apply(
        new Contraction.Attention(causal), compute(), keys.compute(), values.compute());
  }

  /** This value in the compute type. */
  public Tensor compute() {
    return cast(trace.computeType());
  }

  // Normalisation, in the master type.

  /** Over groups of channels of {@code [N, C, ...]}; weight and bias {@code [C]}. */
  public Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
    return trace.apply(new Normalization.GroupNorm(groups, eps), master(), weight, bias);
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

  /** Over the last dimension, without scale and shift. */
  public Tensor layerNorm(double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), master());
  }

  /**
   * Over the last dimension, for a consumer in the compute type: operand and result are of that
   * type, the statistics of the master type.
   */
  public Tensor shortLayerNorm(double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), compute());
  }

  /** Over the last dimension; weight and bias of its size. */
  public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
    return trace.apply(new Normalization.LayerNorm(dim(-1), eps), master(), weight, bias);
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
    return shape.equals(shape()) ? this : trace.apply(new Views.Reshape(shape), this);
  }

  /** Dimension {@code i} of the result is dimension {@code order[i]} of this. */
  public Tensor permute(int... order) {
    return trace.apply(new Views.Permute(Arrays.stream(order).boxed().toList()), this);
  }

  /** Exchanges two dimensions. */
  public Tensor transpose(int a, int b) {
    int[] order = java.util.stream.IntStream.range(0, shape().rank()).toArray();
    order[shape().axis(a)] = shape().axis(b);
    order[shape().axis(b)] = shape().axis(a);
    return permute(order);
  }

  public Tensor expand(Shape shape) {
    return shape.equals(shape()) ? this : trace.apply(new Views.Expand(shape(), shape), this);
  }

  public Tensor narrow(int dim, long start, long length) {
    return trace.apply(new Views.Narrow(dim, start, length), this);
  }

  public List<Tensor> split(int dim, long... sizes) {
    List<Long> list = Arrays.stream(sizes).boxed().toList();
    return trace.applyAll(new Views.Split(list, dim), this);
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
    return trace.apply(new Views.Contiguous(), this);
  }

  public Tensor cast(DType dtype) {
    return dtype == type.dtype() ? this : trace.apply(new Structure.Cast(dtype), this);
  }

  /** The same values, for which no gradient flows back. */
  public Tensor detach() {
    return trace.apply(new Views.Detach(), this);
  }

  /** A fresh leaf of the autograd graph. */
  public Tensor leaf() {
    return trace.apply(new Views.Leaf(), this);
  }

  public Tensor upsampleNearest(int scale) {
    return trace.apply(new Structure.UpsampleNearest(scale), this);
  }

  public Tensor avgPool(int size) {
    return trace.apply(trace.fuses() ? new MeanPool(size) : new Structure.AvgPool(size), this);
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

  @Override
  public String toString() {
    return name + ": " + type;
  }
}
