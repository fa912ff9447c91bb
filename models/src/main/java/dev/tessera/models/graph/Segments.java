package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A gradient cut at segments. Forward, a segment runs without a graph and its result becomes a
 * fresh leaf; backward, it runs again on re-made leaves and {@code grad([y], [x, w], [gy])}
 * continues the chain. Exact: the same derivatives as of the whole.
 */
final class Segments {

  private record Call(
      String segment,
      Function<List<Tensor>, Tensor> body,
      List<Tensor> operands,
      Tensor result,
      String path,
      Map<String, Integer> sites) {}

  private final Trace trace;
  private final Layout layout;
  private final Tensor flat;
  private final List<Call> calls = new ArrayList<>();

  /** Derivatives of the loss by operands and results of segments, as far as known. */
  private final Map<Tensor, Tensor> received = new HashMap<>();

  /** Derivatives of the loss by the runs of each segment. */
  private final Map<String, Tensor> bySegment = new LinkedHashMap<>();

  /** The call that made a value within a segment: it is of no use to any other. */
  private final Map<Tensor, Integer> madeBy = new HashMap<>();

  private String running;
  private Tensor root;

  Segments(Trace trace, Layout layout, Tensor flat) {
    this.trace = trace;
    this.layout = layout;
    this.flat = flat;
  }

  Tensor forward(String segment, Function<List<Tensor>, Tensor> body, List<Tensor> operands) {
    if (running != null) {
      throw new IllegalStateException("segment " + segment + " within segment " + running);
    }
    Map<String, Integer> sites = trace.sites();
    List<Layout.Run> runs = layout.runs(segment);
    running = segment;
    Tensor result;
    try {
      if (!runs.isEmpty()) {
        trace.bindRuns(runs, part(runs));
      }
      result = body.apply(operands.stream().map(Tensor::detach).toList());
      if (result.requiresGrad()) {
        throw foreign();
      }
    } finally {
      running = null;
      trace.unbind(runs);
    }
    // For a moment the result is no longer private to its segment.
    Integer maker = madeBy.remove(result);
    Tensor leaf = result.leaf();
    if (maker != null) {
      madeBy.put(result, maker);
    }
    calls.add(new Call(segment, body, List.copyOf(operands), leaf, trace.here(), sites));
    return leaf;
  }

  /** Called before each operation. */
  void check(Operation operation, Tensor... operands) {
    for (Tensor operand : operands) {
      Integer maker = madeBy.get(operand);
      if (maker != null && (running == null || maker != calls.size())) {
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
      outputs.forEach(output -> madeBy.put(output, calls.size()));
      if (outputs.stream().anyMatch(Tensor::requiresGrad)) {
        throw foreign();
      }
    }
  }

  private IllegalStateException foreign() {
    return new IllegalStateException(
        "segment " + running + " uses a tensor that is not among its operands");
  }

  Tensor gradient(Supplier<Tensor> body) {
    Map<Parameter, Tensor> before = trace.bound();
    try {
      trace.unbind(layout.runs());
      List<Layout.Run> outside = layout.runs("");
      if (!outside.isEmpty()) {
        root = part(outside).leaf();
        trace.bindRuns(outside, root);
      }
      backward(body.get());
      return join();
    } finally {
      trace.rebind(before);
    }
  }

  private void backward(Tensor loss) {
    List<Tensor> boundary =
        calls.stream()
            .flatMap(call -> call.operands.stream())
            .filter(t -> t.requiresGrad() && !isResult(t))
            .distinct()
            .sorted(Tensor.BY_AGE)
            .toList();
    List<Tensor> open = new ArrayList<>(boundary);
    differentiate(List.of(loss), List.of(), !boundary.isEmpty());
    for (int i = calls.size() - 1; i >= 0; i--) {
      // What was computed between segments from this call's result: its users were all visited.
      Tensor result = calls.get(i).result;
      List<Tensor> due = open.stream().filter(t -> t.dependsOn(result)).toList();
      open.removeAll(due);
      differentiateReceived(due);
      backward(calls.get(i));
    }
    differentiateReceived(open);
  }

  private void differentiateReceived(List<Tensor> boundary) {
    List<Tensor> of = boundary.stream().filter(received::containsKey).toList();
    if (!of.isEmpty()) {
      differentiate(of, of.stream().map(received::get).toList(), true);
    }
  }

  /** Derivatives of tensors outside of segments by the outside parameters and segment results. */
  private void differentiate(List<Tensor> of, List<Tensor> directions, boolean retain) {
    List<Tensor> targets = new ArrayList<>();
    if (root != null && of.stream().anyMatch(t -> t.dependsOn(root))) {
      targets.add(root);
    }
    for (Call call : calls) {
      if (of.stream().anyMatch(t -> t.dependsOn(call.result))) {
        targets.add(call.result);
      }
    }
    if (targets.isEmpty()) {
      if (directions.isEmpty()) {
        throw new IllegalStateException(
            "the loss does not depend on a parameter of group " + layout.group());
      }
      return;
    }
    List<Tensor> grads = trace.grad(of, targets, directions, false, retain);
    for (int i = 0; i < targets.size(); i++) {
      if (targets.get(i) == root) {
        bySegment.merge("", grads.get(i), Tensor::add);
      } else {
        receive(targets.get(i), grads.get(i));
      }
    }
  }

  private void backward(Call call) {
    Tensor direction = received.get(call.result);
    if (direction == null) {
      return;
    }
    List<Layout.Run> runs = layout.runs(call.segment);
    Tensor weights = runs.isEmpty() ? null : part(runs).leaf();
    List<Tensor> leaves =
        call.operands.stream().map(t -> t.requiresGrad() ? t.leaf() : t.detach()).toList();
    Tensor result = again(call, runs, weights, leaves);
    List<Tensor> targets = new ArrayList<>();
    List<Tensor> receivers = new ArrayList<>();
    if (weights != null && result.dependsOn(weights)) {
      targets.add(weights);
    }
    for (int i = 0; i < leaves.size(); i++) {
      if (call.operands.get(i).requiresGrad() && result.dependsOn(leaves.get(i))) {
        targets.add(leaves.get(i));
        receivers.add(call.operands.get(i));
      }
    }
    if (targets.isEmpty()) {
      return;
    }
    List<Tensor> grads = trace.grad(List.of(result), targets, List.of(direction), false, false);
    int first = targets.size() - receivers.size();
    if (first > 0) {
      bySegment.merge(call.segment, grads.get(0), Tensor::add);
    }
    for (int i = 0; i < receivers.size(); i++) {
      receive(receivers.get(i), grads.get(first + i));
    }
  }

  private Tensor again(Call call, List<Layout.Run> runs, Tensor weights, List<Tensor> leaves) {
    return trace.again(
        call.sites,
        call.path,
        () -> {
          if (weights != null) {
            trace.bindRuns(runs, weights);
          }
          try {
            return call.body.apply(leaves);
          } finally {
            trace.unbind(runs);
          }
        });
  }

  private void receive(Tensor tensor, Tensor gradient) {
    received.merge(tensor, gradient, Tensor::add);
  }

  private boolean isResult(Tensor tensor) {
    return calls.stream().anyMatch(call -> call.result == tensor);
  }

  private Tensor part(List<Layout.Run> runs) {
    long from = runs.get(0).offset();
    return flat.narrow(0, from, runs.stream().mapToLong(Layout.Run::size).sum());
  }

  private Tensor join() {
    List<Tensor> parts = new ArrayList<>();
    String last = null;
    for (Layout.Run run : layout.runs()) {
      if (run.segment().equals(last)) {
        continue;
      }
      last = run.segment();
      Tensor grad = bySegment.get(last);
      long size = layout.runs(last).stream().mapToLong(Layout.Run::size).sum();
      parts.add(grad != null ? grad : trace.full(flat.type().dtype(), Shape.of(size), 0));
    }
    return Tensor.cat(0, parts);
  }
}
