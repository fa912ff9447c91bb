package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private final Map<Tensor, Tensor> received = new HashMap<>();
  private String running;

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
    trace.bindRuns(runs, part(runs), 0);
    running = segment;
    Tensor result;
    try {
      result = body.apply(operands.stream().map(Tensor::detach).toList());
    } finally {
      running = null;
    }
    Tensor leaf = result.leaf();
    calls.add(new Call(segment, body, operands, leaf, trace.here(), sites));
    return leaf;
  }

  /** Called after each operation: nothing within a running segment may carry a gradient. */
  void check(Tensor output) {
    if (running != null && output.requiresGrad()) {
      throw new IllegalStateException(
          "segment " + running + " uses a tensor that is not among its operands");
    }
  }

  Tensor gradient(Supplier<Tensor> body) {
    List<Layout.Run> outside = layout.runs("");
    Tensor root = outside.isEmpty() ? null : part(outside).leaf();
    if (root != null) {
      trace.bindRuns(outside, root, 0);
    }
    Tensor loss = body.get();
    Map<String, Tensor> bySegment = new LinkedHashMap<>();
    differentiate(List.of(loss), List.of(), root, bySegment, true);
    for (int i = calls.size() - 1; i >= 0; i--) {
      backward(calls.get(i), bySegment);
    }
    List<Tensor> boundary =
        received.keySet().stream().filter(t -> !isResult(t)).sorted(Tensor.BY_AGE).toList();
    if (!boundary.isEmpty()) {
      differentiate(
          boundary, boundary.stream().map(received::get).toList(), root, bySegment, false);
    }
    return join(bySegment);
  }

  /** Derivatives of tensors outside of segments by the outside parameters and segment results. */
  private void differentiate(
      List<Tensor> of,
      List<Tensor> directions,
      Tensor root,
      Map<String, Tensor> bySegment,
      boolean retain) {
    List<Tensor> targets = new ArrayList<>();
    if (root != null && of.stream().anyMatch(t -> t.dependsOn(root))) {
      targets.add(root);
    }
    for (Call call : calls) {
      if (of.stream().anyMatch(t -> t.dependsOn(call.result))) {
        targets.add(call.result);
      }
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

  private void backward(Call call, Map<String, Tensor> bySegment) {
    Tensor direction = received.get(call.result);
    if (direction == null) {
      return;
    }
    List<Layout.Run> runs = layout.runs(call.segment);
    Tensor weights = part(runs).leaf();
    List<Tensor> leaves =
        call.operands.stream().map(t -> t.requiresGrad() ? t.leaf() : t.detach()).toList();
    Tensor result =
        trace.again(
            call.sites,
            () -> {
              trace.bindRuns(runs, weights, 0);
              return call.path.isEmpty()
                  ? call.body.apply(leaves)
                  : trace.at(call.path, () -> call.body.apply(leaves));
            });
    List<Tensor> targets = new ArrayList<>(List.of(weights));
    Set<Integer> used = new HashSet<>();
    for (int i = 0; i < leaves.size(); i++) {
      if (call.operands.get(i).requiresGrad() && result.dependsOn(leaves.get(i))) {
        targets.add(leaves.get(i));
        used.add(i);
      }
    }
    List<Tensor> grads = trace.grad(List.of(result), targets, List.of(direction), false, false);
    bySegment.merge(call.segment, grads.get(0), Tensor::add);
    int next = 1;
    for (int i = 0; i < leaves.size(); i++) {
      if (used.contains(i)) {
        receive(call.operands.get(i), grads.get(next++));
      }
    }
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

  private Tensor join(Map<String, Tensor> bySegment) {
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
