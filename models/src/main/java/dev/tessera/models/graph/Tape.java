package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The calls at which an autograd graph is cut: segments that run again, and operations whose
 * derivative libtorch does not know. The results of a call are fresh leaves. Backward, autograd
 * differentiates what lies between calls and each call continues the chain: the same derivatives as
 * of the whole.
 */
final class Tape {

  /** A place where autograd ends. */
  interface Call {

    List<Tensor> operands();

    /** Leaves. */
    List<Tensor> results();

    /** What it is, with the way to do without it. */
    String description();

    /** Whether parameters go in that are not among the operands. */
    default boolean hasParameters() {
      return false;
    }

    /**
     * Traces the derivatives by the operands, null where there is none.
     *
     * @param gradients by the results, null for those that nothing depends on; not all null
     * @param parameters whether derivatives by parameters of its own are wanted, which it keeps
     */
    List<Tensor> backward(List<Tensor> gradients, boolean parameters);
  }

  /** A call of an operation whose derivative is traced. */
  private record TracedCall(Operation operation, List<Tensor> operands, List<Tensor> results)
      implements Call {
    @Override
    public String description() {
      return "an operator of our own; trace for Target.CPU";
    }

    @Override
    public List<Tensor> backward(List<Tensor> gradients, boolean parameters) {
      return operation.gradient(operands, results, gradients);
    }
  }

  private final Trace trace;
  private final List<Call> calls = new ArrayList<>();

  /** Leaves that stand for parameters. */
  private final Map<Tensor, Parameter> parameters = new LinkedHashMap<>();

  Tape(Trace trace) {
    this.trace = trace;
  }

  void add(Call call) {
    calls.add(call);
  }

  /** The leaf of a parameter's value. */
  Tensor leaf(Parameter parameter, Tensor value) {
    Tensor leaf = value.leaf();
    parameters.put(leaf, parameter);
    return leaf;
  }

  /** Adds a call of {@code operation}; {@code values} are what it computed from the operands. */
  List<Tensor> traced(Operation operation, List<Tensor> operands, List<Tensor> values) {
    List<Tensor> results = new ArrayList<>();
    // Statistics are kept for the backward pass; nothing else may depend on them.
    for (Tensor value : values) {
      results.add(value.type().dtype().isFloating() ? value.leaf() : value);
    }
    calls.add(new TracedCall(operation, List.copyOf(operands), results));
    return results;
  }

  /** Whether autograd alone does not reach all that {@code of} depends on. */
  boolean cuts(List<Tensor> of) {
    return cutting(of).isPresent();
  }

  /** What {@link #cuts} these values from what they depend on. */
  String cut(List<Tensor> of) {
    return cutting(of).map(Call::description).orElseThrow();
  }

  private Optional<Call> cutting(List<Tensor> of) {
    Ancestry ancestry = Ancestry.of(of);
    return calls.stream()
        .filter(call -> call.results().stream().anyMatch(ancestry::contains))
        .findFirst();
  }

  /** The leaves of parameters. */
  Set<Tensor> leaves() {
    return parameters.keySet();
  }

  /** What {@link #differentiate} gave for leaves of parameters. */
  Map<Parameter, Tensor> byParameter(Map<Tensor, Tensor> derivatives) {
    Map<Parameter, Tensor> all = new LinkedHashMap<>();
    derivatives.forEach(
        (leaf, derivative) -> {
          if (parameters.containsKey(leaf)) {
            all.merge(parameters.get(leaf), derivative, Tape::sum);
          }
        });
    return all;
  }

  /** Of two contributions to a parameter's derivative. */
  static Tensor sum(Tensor a, Tensor b) {
    return a.master().add(b.master());
  }

  /**
   * Derivatives of {@code of} along {@code directions} (none for a scalar).
   *
   * @param targets leaves, or values that {@code of} is computed from between two calls
   * @param parameters whether calls are to keep the derivatives by parameters of their own
   * @param again whether this tape is followed once more afterwards
   * @return for each target that {@code of} depends on
   */
  Map<Tensor, Tensor> differentiate(
      List<Tensor> of,
      List<Tensor> directions,
      Set<Tensor> targets,
      boolean parameters,
      boolean again) {
    return new Pass(targets, parameters, again).run(of, directions);
  }

  /** One walk back over the tape. */
  private final class Pass {

    private final Set<Tensor> targets;
    private final boolean parameters;
    private final boolean again;

    /** The calls before this number have not been followed yet. */
    private int ahead;

    /** Where autograd's part ends: the targets, and what calls have made. */
    private final Set<Tensor> ends;

    /** Derivatives by targets and by results of calls. */
    private final Map<Tensor, Tensor> received = new LinkedHashMap<>();

    /** Derivatives by values between calls that have not been followed yet. */
    private final Map<Tensor, Tensor> open = new LinkedHashMap<>();

    Pass(Set<Tensor> targets, boolean parameters, boolean again) {
      this.targets = targets;
      this.parameters = parameters;
      this.again = again;
      this.ends = new HashSet<>(targets);
      // The others lead to no target: their gradients are asked by nobody.
      for (Call call : calls) {
        boolean leads =
            (parameters && call.hasParameters())
                || call.operands().stream()
                    .anyMatch(
                        t ->
                            Ancestry.of(List.of(t)).leavesAnd(targets).stream()
                                .anyMatch(ends::contains));
        if (leads) {
          ends.addAll(call.results());
        }
      }
    }

    Map<Tensor, Tensor> run(List<Tensor> of, List<Tensor> directions) {
      ahead = calls.size();
      if (directions.isEmpty()) {
        follow(of, List.of());
      } else {
        for (int i = 0; i < of.size(); i++) {
          receive(of.get(i), directions.get(i));
        }
      }
      for (int i = calls.size() - 1; i >= 0; i--) {
        Call call = calls.get(i);
        ahead = i + 1;
        followWhatDependsOn(call);
        if (call.results().stream().anyMatch(received::containsKey)) {
          backward(call);
        }
      }
      ahead = 0;
      followAll(List.copyOf(open.keySet()));
      received.keySet().retainAll(targets);
      return received;
    }

    private void backward(Call call) {
      List<Tensor> gradients = new ArrayList<>();
      for (Tensor result : call.results()) {
        // A target's derivative is asked for; any other has now been used.
        gradients.add(targets.contains(result) ? received.get(result) : received.remove(result));
      }
      List<Tensor> derivatives = call.backward(gradients, parameters);
      for (int i = 0; i < derivatives.size(); i++) {
        Tensor operand = call.operands().get(i);
        if (derivatives.get(i) != null && operand.requiresGrad()) {
          receive(operand, derivatives.get(i));
        }
      }
    }

    private void receive(Tensor tensor, Tensor derivative) {
      // Autograd counts what comes to a target between leaves when it goes on from there.
      boolean end = ends.contains(tensor) && tensor.isLeaf();
      (end ? received : open).merge(tensor, derivative, Tensor::add);
    }

    /** What was computed from this call's results: all its users have been visited. */
    private void followWhatDependsOn(Call call) {
      Set<Tensor> results = new HashSet<>(call.results());
      followAll(
          open.keySet().stream()
              .filter(
                  t ->
                      Ancestry.of(List.of(t)).leavesAnd(Set.of()).stream()
                          .anyMatch(results::contains))
              .toList());
    }

    private void followAll(List<Tensor> due) {
      List<Tensor> directions = due.stream().map(open::remove).toList();
      if (!due.isEmpty()) {
        follow(due, directions);
      }
    }

    /**
     * Whether a later part of this walk passes by an operation that {@code of} is made with: then
     * autograd must keep what it kept for that one's derivative.
     */
    private boolean comesBack(List<Tensor> of) {
      List<Tensor> later = new ArrayList<>(open.keySet());
      calls.subList(0, ahead).forEach(call -> later.addAll(call.operands()));
      Set<Tensor> there = Ancestry.of(later).made();
      return Ancestry.of(of).made().stream().anyMatch(there::contains);
    }

    private void follow(List<Tensor> of, List<Tensor> directions) {
      Set<Tensor> reached = Ancestry.of(of).leavesAnd(targets);
      List<Tensor> to = ends.stream().filter(reached::contains).sorted(Tensor.BY_AGE).toList();
      if (to.isEmpty()) {
        return;
      }
      List<Tensor> derivatives = trace.plainGrad(of, to, directions, false, again || comesBack(of));
      for (int i = 0; i < to.size(); i++) {
        received.merge(to.get(i), derivatives.get(i), Tensor::add);
      }
    }
  }

  /**
   * The gradient of {@code loss} as a group's flat vector. Its parameters are bound to {@code flat}
   * as leaves.
   *
   * @param segments that run again, and bind their parameters themselves; null for none
   */
  Tensor gradient(Layout layout, Tensor flat, Segments segments, Supplier<Tensor> loss) {
    if (segments == null) {
      trace.weights().bind(layout.runs(), flat, this);
    } else {
      trace.weights().unbind(layout.runs());
      List<Layout.Run> outside = layout.runs("");
      if (!outside.isEmpty()) {
        long from = outside.get(0).offset();
        long size = outside.stream().mapToLong(Layout.Run::size).sum();
        trace.weights().bind(outside, flat.narrow(0, from, size), this);
      }
    }
    Map<Parameter, Tensor> gradients =
        trace.onTape(
            this,
            () ->
                byParameter(
                    differentiate(
                        List.of(loss.get()),
                        List.of(),
                        new LinkedHashSet<>(leaves()),
                        true,
                        false)));
    if (segments != null) {
      segments.gradients().forEach((p, g) -> gradients.merge(p, g, Tape::sum));
    }
    if (gradients.isEmpty()) {
      throw new IllegalStateException(
          "the loss does not depend on a parameter of group " + layout.group());
    }
    return flat(layout, gradients, flat.type().dtype());
  }

  /** The parameters' derivatives as the group's flat vector. */
  private Tensor flat(Layout layout, Map<Parameter, Tensor> gradients, DType dtype) {
    List<Tensor> parts = new ArrayList<>();
    Map<Shape, Tensor> zeros = new HashMap<>();
    for (Layout.Slice slice : layout.slices().values()) {
      Tensor gradient = gradients.get(slice.parameter());
      parts.add(
          gradient != null
              ? gradient
              : zeros.computeIfAbsent(
                  slice.parameter().shape(), shape -> trace.full(dtype, shape, 0)));
    }
    Assemble assemble = new Assemble(dtype, parts.stream().map(Tensor::type).toList());
    return trace.apply(assemble, parts.toArray(Tensor[]::new));
  }
}
