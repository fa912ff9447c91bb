package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.WorkingSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A program being written. Layers call methods of {@link Tensor}; each appends an operation here,
 * after its operands' shapes have been checked.
 */
public final class Trace {

  /** Names that TorchScript or the statements of a program give a meaning. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "t[0-9]+|self|torch|ops|float|int|bool|str|list|annotate|unchecked_cast|and|as|assert|async"
              + "|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if"
              + "|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield");

  private final String name;
  private final Precision precision;
  private final List<Tensor> inputs = new ArrayList<>();
  private final Set<Tensor> mutated = new HashSet<>();
  private final List<List<Tensor>> applications = new ArrayList<>();
  private final Map<Parameter, Tensor> weights = new HashMap<>();

  /** Vectors that have been cast to the compute type. */
  private final Map<Parameter, Tensor> shortVectors = new HashMap<>();

  private final Deque<String> path = new ArrayDeque<>();
  private Map<String, Integer> sites = new HashMap<>();
  private Statements text;
  private Tensor key;
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
    if (!argument.matches("[a-z][a-z_0-9]*")
        || RESERVED.matcher(argument).matches()
        || inputs.stream().anyMatch(t -> t.is(argument))) {
      throw new IllegalArgumentException(
          "argument: " + argument + " (expected: a new snake_case name)");
    }
    border(argument, dtype);
    Tensor tensor = Tensor.input(this, argument, new TensorType(dtype, shape));
    inputs.add(tensor);
    return tensor;
  }

  /** Declares an argument without dimensions. */
  public Tensor scalar(String argument, DType dtype) {
    return input(argument, dtype, Shape.of());
  }

  /** Names {@code key} (int64, no dimensions) as the source of this program's randomness. */
  public void randomness(Tensor key) {
    this.key = key;
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
    return random(Creation.Random.Law.UNIFORM, shape);
  }

  /** Independent standard normal numbers, in the master type. */
  public Tensor normal(Shape shape) {
    return random(Creation.Random.Law.NORMAL, shape);
  }

  /**
   * As {@link #uniform}, but the same numbers in every call of every program: what a network draws
   * once for all.
   *
   * @param draw tells draws apart
   */
  public Tensor fixedUniform(long draw, Shape shape) {
    return fixed(Creation.Random.Law.UNIFORM, draw, shape);
  }

  /** As {@link #fixedUniform}, standard normal. */
  public Tensor fixedNormal(long draw, Shape shape) {
    return fixed(Creation.Random.Law.NORMAL, draw, shape);
  }

  private Tensor fixed(Creation.Random.Law law, long draw, Shape shape) {
    TensorType type = new TensorType(precision.master(), shape);
    Tensor source = full(DType.INT64, Shape.of(), 0);
    return apply(new Creation.Random(law, Hash.of("fixed") ^ draw, type), source);
  }

  private Tensor random(Creation.Random.Law law, Shape shape) {
    Tensor source = key();
    TensorType type = new TensorType(precision.master(), shape);
    return apply(new Creation.Random(law, nextSite(), type), source);
  }

  /** The value of a parameter whose group is bound. */
  public Tensor weight(Parameter parameter) {
    Tensor tensor = weights.get(parameter);
    if (tensor == null) {
      throw new IllegalStateException(
          here() + ": " + parameter + " is not bound in program " + name);
    }
    return tensor;
  }

  /** A bias as a matrix product takes it, without a cast of its own where there is one already. */
  public Tensor bias(Parameter parameter) {
    Tensor cast = exact ? null : shortVectors.get(parameter);
    return cast != null ? cast : weight(parameter);
  }

  /** Makes a group's parameters the slices of {@code flat}, as constants. */
  public void bind(Layout layout, Tensor flat) {
    if (!flat.shape().equals(Shape.of(layout.size()))) {
      throw new ShapeException(
          here(),
          "group " + layout.group() + " expects [" + layout.size() + "], got " + flat.shape());
    }
    bindRuns(layout.runs(), flat, null);
  }

  /** The values bound so far, to be put back later. */
  Map<Parameter, Tensor> bound() {
    return new HashMap<>(weights);
  }

  /** Binds what was bound when {@link #bound} was called, and nothing else. */
  void rebind(Map<Parameter, Tensor> before) {
    weights.clear();
    weights.putAll(before);
    shortVectors.keySet().retainAll(before.keySet());
  }

  /** Makes the parameters of {@code runs} unknown. */
  void unbind(List<Layout.Run> runs) {
    for (Layout.Run run : runs) {
      for (Layout.Slice slice : run.slices()) {
        weights.remove(slice.parameter());
        shortVectors.remove(slice.parameter());
      }
    }
  }

  /**
   * Binds consecutive runs to {@code flat}, which holds exactly them: as leaves of {@code on}, or
   * as constants if that is null.
   */
  void bindRuns(List<Layout.Run> runs, Tensor flat, Tape on) {
    if (runs.isEmpty()) {
      return;
    }
    if (computeType() == flat.type().dtype()) {
      bindSlices(runs.stream().flatMap(run -> run.slices().stream()).toList(), flat, on, weights);
      return;
    }
    List<Tensor> parts = flat.split(0, runs.stream().mapToLong(Layout.Run::size).toArray());
    for (int i = 0; i < runs.size(); i++) {
      // One cast for all weights of a segment; vectors stay in the master type.
      boolean matrices = runs.get(i).kind() == Parameter.Kind.MATRIX;
      Tensor part = parts.get(i);
      bindSlices(runs.get(i).slices(), matrices ? part.cast(computeType()) : part, on, weights);
      if (runs.get(i).kind() == Parameter.Kind.VECTOR && fuses()) {
        // One cast for all biases of a segment too: each is a kernel of its own otherwise.
        bindSlices(runs.get(i).slices(), part.cast(computeType()), on, shortVectors);
      }
    }
  }

  private static void bindSlices(
      List<Layout.Slice> slices, Tensor part, Tape on, Map<Parameter, Tensor> bound) {
    List<Tensor> values = part.split(0, slices.stream().mapToLong(Layout.Slice::size).toArray());
    for (int i = 0; i < slices.size(); i++) {
      Parameter parameter = slices.get(i).parameter();
      Tensor value = values.get(i).reshape(parameter.shape());
      bound.put(parameter, on == null ? value : on.leaf(parameter, value));
    }
  }

  /**
   * Traces {@code loss} with the group's parameters bound to {@code flat} and differentiates it.
   *
   * @return the gradient, like {@code flat}; the loss's own operations remain usable as outputs
   */
  public Tensor gradient(
      Layout layout, Tensor flat, Segmentation segmentation, Supplier<Tensor> loss) {
    if (tape != null) {
      throw new IllegalStateException("gradient within a gradient: use Tensor.grad");
    }
    flopsFactor = 3;
    Map<Parameter, Tensor> before = bound();
    Tape whole = new Tape(this);
    training = true;
    try {
      if (segmentation == Segmentation.RECOMPUTE) {
        segments = new Segments(this, layout, flat);
        unbind(layout.runs());
        List<Layout.Run> outside = layout.runs("");
        if (!outside.isEmpty()) {
          long from = outside.get(0).offset();
          long size = outside.stream().mapToLong(Layout.Run::size).sum();
          bindRuns(outside, flat.narrow(0, from, size), whole);
        }
      } else {
        bindRuns(layout.runs(), flat, whole);
      }
      Map<Parameter, Tensor> gradients =
          onTape(
              whole,
              () ->
                  whole.byParameter(
                      whole.differentiate(
                          List.of(loss.get()),
                          List.of(),
                          new LinkedHashSet<>(whole.leaves()),
                          true,
                          false)));
      if (segments != null) {
        segments.gradients().forEach((p, g) -> gradients.merge(p, g, Tape::sum));
      }
      if (gradients.isEmpty()) {
        throw new IllegalStateException(
            "the loss does not depend on a parameter of group " + layout.group());
      }
      return whole.flat(layout, gradients, flat.type().dtype());
    } finally {
      if (segments != null) {
        rebind(before);
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
    if (segments == null) {
      return body.apply(Arrays.asList(operands));
    }
    int first = operands.length;
    List<Tensor> all = new ArrayList<>(Arrays.asList(operands));
    own.forEach(parameter -> all.add(weight(parameter)));
    return segments
        .forward(
            tape,
            segment,
            in -> {
              List<Tensor> weights = in.subList(first, in.size());
              return List.of(withWeights(own, weights, () -> body.apply(in.subList(0, first))));
            },
            all)
        .get(0);
  }

  private Tensor withWeights(List<Parameter> own, List<Tensor> values, Supplier<Tensor> body) {
    Map<Parameter, Tensor> before = bound();
    Map<Parameter, Tensor> shortBefore = new HashMap<>(shortVectors);
    for (int i = 0; i < own.size(); i++) {
      weights.put(own.get(i), values.get(i));
      shortVectors.remove(own.get(i));
    }
    try {
      return body.get();
    } finally {
      rebind(before);
      shortVectors.putAll(shortBefore);
    }
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
            place(here())
                + ": a second derivative is asked of an operator of our own; trace for Target.CPU");
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
    for (Tensor tensor : createGraph ? of : List.<Tensor>of()) {
      tensor
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
      if (of.stream().noneMatch(t -> t.dependsOn(tensor))) {
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
    String where = here();
    return Hash.of(where) ^ sites.merge(where, 1, Integer::sum);
  }

  /** The key of this program's randomness. */
  public Tensor key() {
    if (key == null) {
      throw new IllegalStateException(here() + ": the program has no random key");
    }
    return key;
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
      text = new Statements("ops.prim.device(" + inputs.get(0).name() + ")");
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
    return new HashMap<>(sites);
  }

  /** Traces {@code body} again as it was traced at {@code where} when {@code before} held. */
  <T> T again(Map<String, Integer> before, String where, Supplier<T> body) {
    Map<String, Integer> now = sites;
    double factor = flopsFactor;
    List<String> outer = List.copyOf(path);
    path.clear();
    if (!where.isEmpty()) {
      path.add(where);
    }
    sites = new HashMap<>(before);
    flopsFactor = 0;
    try {
      return body.get();
    } finally {
      path.clear();
      path.addAll(outer);
      sites = now;
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
      border("output " + i, outputs[i].type().dtype());
      returned.add(returned(outputs[i]));
    }
    String body = statements() + "    return [" + String.join(", ", returned) + "]\n";
    List<Program.Input> arguments =
        inputs.stream()
            .map(t -> new Program.Input(t.name(), t.type(), mutated.contains(t)))
            .toList();
    WorkingSet working = Footprint.of(applications, results);
    return new Program(
        name,
        arguments,
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

  private void border(String value, DType dtype) {
    if (dtype == DType.BFLOAT16) {
      throw new IllegalArgumentException(
          value
              + " of program "
              + name
              + ": BFLOAT16 (expected: another type; bfloat16 lives inside programs only)");
    }
  }

  private static List<String> names(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::name).toList();
  }
}
