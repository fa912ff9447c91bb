package dev.tessera.models.graph.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The bytes that one call of a program holds beside its arguments, followed operation by operation:
 * a variable lives until its last use, what autograd keeps lives until its backward pass has run,
 * and a derivative lives until it has been handed on.
 */
public final class WorkingSet {

  /** Memory of one or several tensors. */
  private static final class Storage {
    final long bytes;
    int holders;

    /** In the record of allocations. */
    int number;

    Storage(long bytes) {
      this.bytes = bytes;
    }

    /** The number; -1 of what takes nothing. */
    int place() {
      return bytes > 0 ? number : -1;
    }
  }

  private final Map<Value, Storage> storages = new HashMap<>();

  /** What was kept for the backward pass of the operation that made a value. */
  private final Map<Value, List<Storage>> kept = new HashMap<>();

  /** The last step that walks back by a value, whatever it was told to retain. */
  private final Map<Value, Integer> lastPass = new HashMap<>();

  private final Allocations.Recorder recorder = new Allocations.Recorder();
  private long held;
  private long peak;

  private final List<Value> results;

  private WorkingSet(List<Value> results) {
    this.results = results;
  }

  /** Of {@code steps} that run in order; the caller holds {@code results} at the end. */
  public static WorkingSet of(List<Step> steps, List<Value> results) {
    WorkingSet set = new WorkingSet(results);
    set.run(steps);
    return set;
  }

  /** The greatest number of bytes held at a time. */
  public long peak() {
    return peak;
  }

  public Allocations allocations() {
    return recorder.finish(
        results.stream()
            .mapToInt(result -> storages.containsKey(result) ? storages.get(result).place() : -1)
            .toArray());
  }

  private void run(List<Step> steps) {
    Map<Value, Integer> lastUse = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (Value operand : steps.get(i).operands()) {
        lastUse.put(operand, i);
      }
    }
    results.forEach(result -> lastUse.put(result, Integer.MAX_VALUE));
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) instanceof Step.Differentiated pass) {
        for (Value value : needed(pass.of(), pass.to())) {
          lastPass.put(value, i);
        }
      }
    }
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step instanceof Step.Differentiated pass) {
        differentiate(pass, i);
      } else {
        compute(step);
      }
      List<Value> dead = new ArrayList<>(step.results());
      dead.removeIf(lastUse::containsKey);
      for (Value operand : new HashSet<>(step.operands())) {
        if (lastUse.get(operand) == i) {
          dead.add(operand);
        }
      }
      dead.forEach(value -> drop(storages.get(value)));
    }
    kept.values().forEach(list -> list.forEach(this::drop));
  }

  private void compute(Step step) {
    for (Value value : step.results()) {
      storages.put(value, hold(place(value)));
    }
    Value first = step.results().get(0);
    takeForAMoment(first.facts().scratch(), first.facts().exactScratch());
    if (first.requiresGrad()) {
      keep(step);
    }
  }

  private Storage place(Value value) {
    return value.facts().view()
        ? storage(value.operands().get(0))
        : new Storage(value.facts().bytes());
  }

  /** Arguments are the caller's. */
  private Storage storage(Value value) {
    return storages.computeIfAbsent(
        value,
        unknown -> {
          Storage argument = new Storage(0);
          argument.holders = 1;
          return argument;
        });
  }

  private void keep(Step step) {
    Value first = step.results().get(0);
    List<Value> operands = step.operands();
    Kept rule = first.facts().kept();
    List<Storage> list = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      boolean partner =
          (rule == Kept.PARTNERS && hasPartner(operands, 0, i))
              || (rule == Kept.FACTORS && i > 0 && hasPartner(operands, 1, i));
      if (rule == Kept.OPERANDS || rule == Kept.ALL || partner) {
        list.add(hold(storage(operands.get(i))));
      }
    }
    if (rule == Kept.RESULTS || rule == Kept.ALL) {
      step.results().forEach(value -> list.add(hold(storage(value))));
    }
    kept.put(first, list);
  }

  /**
   * Whether another operand than number {@code self}, counted from {@code first}, has a gradient.
   */
  private static boolean hasPartner(List<Value> operands, int first, int self) {
    return IntStream.range(first, operands.size())
        .anyMatch(i -> i != self && operands.get(i).requiresGrad());
  }

  private void differentiate(Step.Differentiated pass, int number) {
    Map<Value, Storage> derivatives = new HashMap<>();
    for (int i = 0; i < pass.of().size(); i++) {
      Value of = pass.of().get(i);
      Storage direction =
          pass.directions().isEmpty()
              ? new Storage(of.facts().bytes())
              : storage(pass.directions().get(i));
      derivatives.put(of, hold(direction));
    }
    Set<Value> needed = needed(pass.of(), pass.to());
    needed.stream()
        .sorted(Value.BY_AGE.reversed())
        .forEach(
            value -> {
              boolean retain = pass.retain() && lastPass.get(value) != number;
              step(value, pass.to(), needed, derivatives, retain);
            });
    for (int i = 0; i < pass.results().size(); i++) {
      Value result = pass.results().get(i);
      Storage derivative = derivatives.get(pass.to().get(i));
      storages.put(
          result, derivative != null ? derivative : hold(new Storage(result.facts().bytes())));
    }
  }

  /** What lies on a way from {@code of} to {@code to}. */
  private static Set<Value> needed(List<Value> of, List<Value> to) {
    Set<Value> ancestors = new HashSet<>();
    List<Value> open = new ArrayList<>(of);
    while (!open.isEmpty()) {
      Value value = open.remove(open.size() - 1);
      if (value.requiresGrad() && ancestors.add(value) && !value.isLeaf()) {
        open.addAll(value.operands());
      }
    }
    // The oldest first: operands are known before what is made of them.
    Set<Value> needed = new HashSet<>();
    for (Value value : ancestors.stream().sorted(Value.BY_AGE).toList()) {
      boolean inner = !value.isLeaf() && value.operands().stream().anyMatch(needed::contains);
      if (inner || to.contains(value)) {
        needed.add(value);
      }
    }
    return needed;
  }

  /** The backward pass of the operation that made {@code value}, once its results are all due. */
  private void step(
      Value value,
      List<Value> to,
      Set<Value> needed,
      Map<Value, Storage> derivatives,
      boolean retain) {
    Storage derivative = to.contains(value) ? null : derivatives.remove(value);
    if (derivative == null || value.isLeaf()) {
      return;
    }
    for (Value operand : value.operands()) {
      if (needed.contains(operand)) {
        receive(operand, value, derivative, derivatives);
      }
    }
    takeForAMoment(value.facts().scratch(), value.facts().exactScratchBackward());
    drop(derivative);
    if (!retain && kept.containsKey(value)) {
      kept.remove(value).forEach(this::drop);
    }
  }

  private void receive(
      Value operand, Value from, Storage derivative, Map<Value, Storage> derivatives) {
    Storage before = derivatives.get(operand);
    if (before != null && from.facts().joined()) {
      return; // One tensor takes the derivatives of all of them.
    }
    boolean passed = before == null && from.passesDerivative(operand);
    Storage share = hold(passed ? derivative : new Storage(operand.facts().bytes()));
    if (before == null) {
      derivatives.put(operand, share);
    } else {
      // Added to what has come from elsewhere.
      drop(share);
    }
  }

  private Storage hold(Storage storage) {
    if (storage.holders++ == 0) {
      if (storage.bytes > 0) {
        storage.number = recorder.allocate(storage.bytes);
      }
      held += storage.bytes;
      peak = Math.max(peak, held);
    }
    return storage;
  }

  private void drop(Storage storage) {
    if (storage != null && --storage.holders == 0 && storage.bytes > 0) {
      recorder.free(storage.number);
      held -= storage.bytes;
    }
  }

  private void takeForAMoment(long bytes, long exact) {
    if (exact > 0) {
      recorder.exactScratch(exact);
    }
    if (bytes > 0) {
      recorder.free(recorder.allocate(bytes));
    }
    peak = Math.max(peak, held + bytes);
  }
}
