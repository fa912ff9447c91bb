package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Activation checkpointing. Forward, a segment runs without a graph and its result becomes a fresh
 * leaf; backward, it runs again on re-made leaves with a {@link Tape} of its own.
 */
final class Segments {

  private final Trace trace;
  private final Layout layout;
  private final Tensor flat;

  /** Derivatives by the parameters of segments. */
  private final Map<Parameter, Tensor> gradients = new LinkedHashMap<>();

  /** The segment that made a value within it: it is of no use to any other. */
  private final Map<Tensor, Integer> madeBy = new HashMap<>();

  private int begun;
  private String running;

  Segments(Trace trace, Layout layout, Tensor flat) {
    this.trace = trace;
    this.layout = layout;
    this.flat = flat;
  }

  /** Derivatives by the parameters of segments, once the backward pass has been traced. */
  Map<Parameter, Tensor> gradients() {
    return gradients;
  }

  /** A segment's call, to be traced again when its gradient is due. */
  private final class Call implements Tape.Call {
    final String segment;
    final Function<List<Tensor>, List<Tensor>> body;
    final List<Tensor> operands;
    final List<Tensor> results;
    final String path = trace.here();
    final Map<String, Integer> sites;

    Call(
        String segment,
        Function<List<Tensor>, List<Tensor>> body,
        List<Tensor> operands,
        List<Tensor> results,
        Map<String, Integer> sites) {
      this.segment = segment;
      this.body = body;
      this.operands = operands;
      this.results = results;
      this.sites = sites;
    }

    @Override
    public List<Tensor> operands() {
      return operands;
    }

    @Override
    public List<Tensor> results() {
      return results;
    }

    @Override
    public String description() {
      return "segment " + segment + ", which runs again; trace with Segmentation.WHOLE";
    }

    @Override
    public boolean hasParameters() {
      return !layout.runs(segment).isEmpty();
    }

    @Override
    public List<Tensor> backward(List<Tensor> directions, boolean parameters) {
      List<Layout.Run> runs = layout.runs(segment);
      List<Tensor> leaves =
          operands.stream().map(t -> t.requiresGrad() ? t.leaf() : t.detach()).toList();
      Tape tape = new Tape(trace);
      List<Tensor> again = trace.onTape(tape, () -> again(tape, runs, leaves));
      List<Tensor> of = new ArrayList<>();
      List<Tensor> along = new ArrayList<>();
      for (int i = 0; i < again.size(); i++) {
        if (directions.get(i) != null) {
          of.add(again.get(i));
          along.add(directions.get(i));
        }
      }
      Set<Tensor> targets = new LinkedHashSet<>(leaves);
      if (parameters) {
        targets.addAll(tape.leaves());
      }
      Map<Tensor, Tensor> derivatives = tape.differentiate(of, along, targets, parameters, false);
      tape.byParameter(derivatives).forEach((p, g) -> gradients.merge(p, g, Tape::sum));
      return leaves.stream().map(derivatives::get).toList();
    }

    private List<Tensor> again(Tape tape, List<Layout.Run> runs, List<Tensor> leaves) {
      return trace.again(
          sites,
          path,
          () -> {
            if (!runs.isEmpty()) {
              trace.weights().bind(runs, part(runs), tape);
            }
            try {
              return body.apply(leaves);
            } finally {
              trace.weights().unbind(runs);
            }
          });
    }
  }

  List<Tensor> forward(
      Tape tape, String segment, Function<List<Tensor>, List<Tensor>> body, List<Tensor> operands) {
    if (running != null) {
      throw new IllegalStateException("segment " + segment + " within segment " + running);
    }
    Map<String, Integer> sites = trace.sites();
    List<Layout.Run> runs = layout.runs(segment);
    running = segment;
    begun++;
    List<Tensor> results;
    try {
      if (!runs.isEmpty()) {
        trace.weights().bind(runs, part(runs), null);
      }
      results = body.apply(operands.stream().map(Tensor::detach).toList());
      if (results.stream().anyMatch(Tensor::requiresGrad)) {
        throw foreign();
      }
    } finally {
      running = null;
      trace.weights().unbind(runs);
    }
    List<Tensor> leaves = results.stream().map(this::released).toList();
    tape.add(new Call(segment, body, List.copyOf(operands), leaves, sites));
    return leaves;
  }

  /** As above, with {@code own} parameters that belong to no segment: they become operands. */
  Tensor forward(
      Tape tape,
      String segment,
      List<Parameter> own,
      Function<List<Tensor>, Tensor> body,
      List<Tensor> operands) {
    int first = operands.size();
    List<Tensor> all = new ArrayList<>(operands);
    own.forEach(parameter -> all.add(trace.weight(parameter)));
    Function<List<Tensor>, List<Tensor>> bound =
        in -> {
          List<Tensor> values = in.subList(first, in.size());
          return List.of(trace.weights().with(own, values, () -> body.apply(in.subList(0, first))));
        };
    return forward(tape, segment, bound, all).get(0);
  }

  /** A result as a leaf: for a moment it is no longer private to its segment. */
  private Tensor released(Tensor result) {
    Integer maker = madeBy.remove(result);
    Tensor leaf = result.leaf();
    if (maker != null) {
      madeBy.put(result, maker);
    }
    return leaf;
  }

  /** Called before each operation. */
  void check(Operation operation, Tensor... operands) {
    for (Tensor operand : operands) {
      Integer maker = madeBy.get(operand);
      if (maker != null && (running == null || maker != begun)) {
        throw new IllegalStateException(
            trace.here() + ": " + operand + " was made within a segment and is no result of it");
      }
    }
    if (running != null && !operation.mutates().isEmpty()) {
      throw new IllegalStateException(
          "segment "
              + running
              + " changes a buffer, which would happen again in the backward pass");
    }
  }

  /** Called after each operation: nothing within a running segment may carry a gradient. */
  void made(List<Tensor> outputs) {
    if (running != null) {
      outputs.forEach(output -> madeBy.put(output, begun));
      if (outputs.stream().anyMatch(Tensor::requiresGrad)) {
        throw foreign();
      }
    }
  }

  private IllegalStateException foreign() {
    return new IllegalStateException(
        "segment " + running + " uses a tensor that is not among its operands");
  }

  private Tensor part(List<Layout.Run> runs) {
    long from = runs.get(0).offset();
    return flat.narrow(0, from, runs.stream().mapToLong(Layout.Run::size).sum());
  }
}
