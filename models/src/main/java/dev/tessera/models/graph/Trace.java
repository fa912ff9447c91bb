package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.WorkingSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A program being written. Layers call methods of {@link Tensor}; each appends an operation here,
 * after its operands' shapes have been checked.
 */
public final class Trace {

  private final String name;
  private final Precision precision;
  private final Arguments inputs;
  private final Set<Tensor> mutated = new HashSet<>();
  private final List<List<Tensor>> applications = new ArrayList<>();
  private final Weights weights = new Weights(this);
  private final Deque<String> path = new ArrayDeque<>();
  private final Randomness random = new Randomness(this);
  private Statements text;
  private final Target target;
  private Tape tape;
  private Segments segments;
  private int tensors;
  private double flops;
  private double flopsFactor = 1;
  private boolean exact;
  private boolean training;
  private boolean twice;

  /** A program for the CPU. */
  public Trace(String name, Precision precision) {
    this(name, precision, Target.CPU);
  }

  /** A program for either device, at its best on {@code target}. */
  public Trace(String name, Precision precision, Target target) {
    this.name = name;
    this.inputs = new Arguments(name);
    this.precision = precision;
    this.target = target;
  }

  /**
   * Whether operators of our own are to be used, which take float32 and narrower types: then what
   * is written as one of their operations is one pass over memory.
   */
  public boolean fuses() {
    return target == Target.GPU && precision.master() == DType.FLOAT32;
  }

  /** Whether pictures lie in channels-last order. */
  boolean channelsLast() {
    return target == Target.GPU;
  }

  /**
   * From here on writes attention as products and a softmax, which have second derivatives; the
   * flash kernel has a first alone.
   */
  public void differentiateTwice() {
    twice = true;
  }

  boolean differentiableTwice() {
    return twice;
  }

  public Precision precision() {
    return precision;
  }

  /** Traces {@code body} with matrix products in the master type: distances, statistics. */
  public <T> T inMaster(Supplier<T> body) {
    boolean outer = exact;
    exact = true;
    try {
      return body.get();
    } finally {
      exact = outer;
    }
  }

  /** The type of matrix products here. */
  public DType computeType() {
    return exact ? precision.master() : precision.compute();
  }

  /** Declares the next argument of the program; all before the first operation. */
  public Tensor input(String argument, DType dtype, Shape shape) {
    if (text != null) {
      throw new IllegalStateException("input " + argument + " is declared after an operation");
    }
    return inputs.declare(this, argument, new TensorType(dtype, shape));
  }

  /** Declares an argument without dimensions. */
  public Tensor scalar(String argument, DType dtype) {
    return input(argument, dtype, Shape.of());
  }

  /** Names {@code key} (int64, no dimensions) as the source of this program's randomness. */
  public void randomness(Tensor key) {
    random.use(key);
  }

  /** Whether a gradient is being traced: only there do layers drop activations. */
  public boolean training() {
    return training;
  }

  /** Runs {@code body} with {@code layer} added to the path that error messages show. */
  public <T> T at(String layer, Supplier<T> body) {
    path.addLast(layer);
    try {
      return body.get();
    } finally {
      path.removeLast();
    }
  }

  /** Elements equal to {@code value}. */
  public Tensor full(DType dtype, Shape shape, double value) {
    return apply(new Creation.Full(new TensorType(dtype, shape), value));
  }

  /** {@code [0, 1, ..., n - 1]}. */
  public Tensor range(long n, DType dtype) {
    return apply(new Creation.Range(n, dtype));
  }

  /** Independent uniform numbers in (0, 1), in the master type. */
  public Tensor uniform(Shape shape) {
    return random.draw(Creation.Random.Law.UNIFORM, shape);
  }

  /** Independent standard normal numbers, in the master type. */
  public Tensor normal(Shape shape) {
    return random.draw(Creation.Random.Law.NORMAL, shape);
  }

  /**
   * As {@link #uniform}, but the same numbers in every call of every program: what a network draws
   * once for all.
   *
   * @param draw tells draws apart
   */
  public Tensor fixedUniform(long draw, Shape shape) {
    return random.drawFixed(Creation.Random.Law.UNIFORM, draw, shape);
  }

  /** As {@link #fixedUniform}, standard normal. */
  public Tensor fixedNormal(long draw, Shape shape) {
    return random.drawFixed(Creation.Random.Law.NORMAL, draw, shape);
  }

  /** The value of a parameter whose group is bound. */
  public Tensor weight(Parameter parameter) {
    return weights
        .value(parameter)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    here() + ": " + parameter + " is not bound in program " + name));
  }

  /** A bias as a matrix product takes it, without a cast of its own where there is one already. */
  public Tensor bias(Parameter parameter) {
    return (exact ? Optional.<Tensor>empty() : weights.shortValue(parameter))
        .orElseGet(() -> weight(parameter));
  }

  /** Makes a group's parameters the slices of {@code flat}, as constants. */
  public void bind(Layout layout, Tensor flat) {
    weights.bind(layout, flat);
  }

  /** What parameters stand for. */
  Weights weights() {
    return weights;
  }

  /**
   * Traces {@code loss} with the group's parameters bound to {@code flat} and differentiates it.
   *
   * @return the gradient, like {@code flat}; the loss's own operations remain usable as outputs
   */
  public Tensor gradient(
      Layout layout, Tensor flat, Segmentation segmentation, Supplier<Tensor> loss) {
    if (tape != null) {
      throw new IllegalStateException("gradient within a gradient: use Trace.grad");
    }
    Map<Parameter, Tensor> before = weights.bound();
    flopsFactor = 3;
    training = true;
    segments = segmentation == Segmentation.RECOMPUTE ? new Segments(this, layout, flat) : null;
    try {
      return new Tape(this).gradient(layout, flat, segments, loss);
    } finally {
      if (segments != null) {
        weights.rebind(before);
      }
      segments = null;
      flopsFactor = 1;
      training = false;
    }
  }

  /** Traces {@code body} with calls going to {@code other}. */
  <T> T onTape(Tape other, Supplier<T> body) {
    Tape outer = tape;
    tape = other;
    try {
      return body.get();
    } finally {
      tape = outer;
    }
  }

  /**
   * Traces a segment: {@code body} of {@code operands}, which must be all that it takes from
   * outside beside its own parameters. Under {@link Segmentation#RECOMPUTE} its activations are not
   * kept.
   */
  public Tensor segment(String segment, Function<List<Tensor>, Tensor> body, Tensor... operands) {
    return segments(segment, in -> List.of(body.apply(in)), operands).get(0);
  }

  /** As {@link #segment}, with several results. */
  public List<Tensor> segments(
      String segment, Function<List<Tensor>, List<Tensor>> body, Tensor... operands) {
    List<Tensor> list = Arrays.asList(operands);
    return segments == null ? body.apply(list) : segments.forward(tape, segment, body, list);
  }

  /**
   * As above, for a body whose parameters {@code own} the layout counts to no segment: they go in
   * as operands, wherever they stand in the flat vector.
   */
  public Tensor segment(
      String segment,
      List<Parameter> own,
      Function<List<Tensor>, Tensor> body,
      Tensor... operands) {
    List<Tensor> list = Arrays.asList(operands);
    return segments == null ? body.apply(list) : segments.forward(tape, segment, own, body, list);
  }

  /**
   * Derivatives of {@code of} along {@code directions} (none for a scalar) with respect to {@code
   * to}.
   */
  public List<Tensor> grad(
      List<Tensor> of,
      List<Tensor> to,
      List<Tensor> directions,
      boolean createGraph,
      boolean retain) {
    if (tape != null && tape.cuts(of)) {
      if (createGraph) {
        throw new IllegalStateException(
            place(here()) + ": a second derivative is asked of " + tape.cut(of));
      }
      Map<Tensor, Tensor> derivatives =
          tape.differentiate(of, directions, new LinkedHashSet<>(to), false, true);
      if (!derivatives.keySet().containsAll(to)) {
        throw new IllegalStateException(
            place(here()) + ": no gradient flows from the differentiated value to one of " + to);
      }
      return to.stream().map(derivatives::get).toList();
    }
    return plainGrad(of, to, directions, createGraph, retain);
  }

  /** As {@link #grad}, by autograd alone. */
  List<Tensor> plainGrad(
      List<Tensor> of,
      List<Tensor> to,
      List<Tensor> directions,
      boolean createGraph,
      boolean retain) {
    Ancestry ancestry = Ancestry.of(of);
    if (createGraph) {
      ancestry
          .onceDifferentiable()
          .ifPresent(
              layer -> {
                throw new IllegalStateException(
                    place(layer)
                        + ": a second derivative is asked of an operation that has only a first"
                        + " (attention)");
              });
    }
    for (Tensor tensor : to) {
      if (!ancestry.contains(tensor)) {
        throw new IllegalStateException(
            place(here()) + ": no gradient flows from the differentiated value to " + tensor);
      }
    }
    List<Tensor> operands = new ArrayList<>(of);
    operands.addAll(to);
    operands.addAll(directions);
    return applyAll(
        new Grad(of.size(), to.size(), createGraph, retain), operands.toArray(Tensor[]::new));
  }

  Tensor apply(Operation operation, Tensor... operands) {
    return applyAll(operation, operands).get(0);
  }

  /** Traces a call of an operator; its results carry a gradient where an operand does. */
  public List<Tensor> call(CustomOperator operator, Tensor... operands) {
    return applyAll(operator, operands);
  }

  /** The number of the random numbers that are drawn next in this place. */
  public long nextSite() {
    return random.nextSite();
  }

  /** The key of this program's randomness. */
  public Tensor key() {
    return random.key();
  }

  List<Tensor> applyAll(Operation operation, Tensor... operands) {
    boolean cut =
        operation.derivative() == Derivative.TRACED
            && Arrays.stream(operands).anyMatch(Tensor::requiresGrad);
    if (cut && tape == null) {
      throw new IllegalStateException(
          place(here())
              + ": "
              + operation
              + " has a derivative within gradient() alone: use Target.CPU");
    }
    List<Tensor> results = computed(operation, operands);
    return cut ? tape.traced(operation, Arrays.asList(operands), results) : results;
  }

  private List<Tensor> computed(Operation operation, Tensor... arguments) {
    checkOperands(operation, arguments);
    Tensor[] operands = arguments.clone();
    if (operation.detaches()) {
      Arrays.setAll(operands, i -> operands[i].requiresGrad() ? operands[i].detach() : operands[i]);
    }
    List<TensorType> types = Arrays.stream(operands).map(Tensor::type).toList();
    List<TensorType> results;
    try {
      results = operation.infer(types);
    } catch (IllegalArgumentException e) {
      throw new ShapeException(place(here()), e.getMessage());
    }
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      outputs.add(
          Tensor.result(this, "t" + tensors++, results.get(i), operation, List.of(operands), i));
    }
    for (int i : operation.mutates()) {
      mutated.add(operands[i].base());
    }
    applications.add(outputs);
    operation.emit(statements(), names(outputs), names(Arrays.asList(operands)));
    flops += flopsFactor * operation.flops(types, results);
    if (segments != null) {
      segments.made(outputs);
    }
    return outputs;
  }

  private void checkOperands(Operation operation, Tensor... operands) {
    for (Tensor operand : operands) {
      if (operand.trace() != this) {
        throw new IllegalStateException(
            place(here()) + ": " + operand + " belongs to another program than " + name);
      }
    }
    for (int i : operation.mutates()) {
      if (!operands[i].base().isInput()) {
        throw new IllegalStateException(
            place(here())
                + ": "
                + operands[i]
                + " is changed in place (expected: an argument or a view of one)");
      }
    }
    if (segments != null) {
      segments.check(operation, operands);
    }
  }

  private Statements statements() {
    if (text == null) {
      if (inputs.isEmpty()) {
        throw new IllegalStateException("program " + name + " has no inputs");
      }
      // New tensors are made where the first argument lies.
      text = new Statements("ops.prim.device(" + inputs.first().name() + ")");
    }
    return text;
  }

  /** The path of the layer being traced. */
  String here() {
    return String.join(".", path);
  }

  /** A layer's path for messages; the program's name outside of all layers. */
  private String place(String layer) {
    return layer.isEmpty() ? "program " + name : layer;
  }

  Map<String, Integer> sites() {
    return random.sites();
  }

  /** Traces {@code body} again as it was traced at {@code where} when {@code before} held. */
  <T> T again(Map<String, Integer> before, String where, Supplier<T> body) {
    Map<String, Integer> now = random.sites();
    double factor = flopsFactor;
    List<String> outer = List.copyOf(path);
    path.clear();
    if (!where.isEmpty()) {
      path.add(where);
    }
    random.goTo(before);
    flopsFactor = 0;
    try {
      return body.get();
    } finally {
      path.clear();
      path.addAll(outer);
      random.goTo(now);
      flopsFactor = factor;
    }
  }

  /** Ends the trace. */
  public Program finish(Tensor... outputs) {
    List<Tensor> results = Arrays.asList(outputs);
    List<String> returned = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      if (outputs[i].trace() != this) {
        throw new IllegalStateException(outputs[i] + " belongs to another program than " + name);
      }
      inputs.requireBorder("output " + i, outputs[i].type().dtype());
      returned.add(returned(outputs[i]));
    }
    String body = statements() + "    return [" + String.join(", ", returned) + "]\n";
    WorkingSet working = Footprint.of(applications, results);
    return new Program(
        name,
        inputs.declared(mutated),
        results.stream().map(Tensor::type).toList(),
        body,
        flops,
        working.peak(),
        working.allocations());
  }

  /**
   * A result as its reader expects it: row-major, without the autograd graph that would keep
   * activations alive, and in memory of its own unless it is a buffer that the program changes.
   */
  private String returned(Tensor tensor) {
    String value =
        tensor.requiresGrad() ? text.let("torch.detach(" + tensor.name() + ")") : tensor.name();
    boolean alias = tensor.mayAliasInput() && !mutated.contains(tensor.base());
    return text.let(
        alias ? "torch.clone(" + value + ", memory_format=0)" : "torch.contiguous(" + value + ")");
  }

  private static List<String> names(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::name).toList();
  }
}
