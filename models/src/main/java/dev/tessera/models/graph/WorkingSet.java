package dev.tessera.models.graph;

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
final class WorkingSet {

  /** Memory of one or several tensors. */
  private static final class Storage {
    final long bytes;
    int holders;

    /** In the record of allocations. */
    int number;

    Storage(long bytes) {
      this.bytes = bytes;
    }
  }

  private final Map<Tensor, Storage> storages = new HashMap<>();

  /** What was kept for the backward pass of the operation that made a tensor. */
  private final Map<Tensor, List<Storage>> kept = new HashMap<>();

  /** The last backward pass that comes by a tensor, whatever it was told to retain. */
  private final Map<Tensor, Tensor> lastPass = new HashMap<>();

  private final Allocations.Recorder recorder = new Allocations.Recorder();
  private long held;
  private long peak;

  private WorkingSet() {}

  /** Of {@code applications} that run in order. */
  static WorkingSet of(List<List<Tensor>> applications, List<Tensor> results) {
    WorkingSet set = new WorkingSet();
    set.run(applications, results);
    return set;
  }

  /** The greatest number of bytes held at a time. */
  long peak() {
    return peak;
  }

  Allocations allocations() {
    return recorder.finish();
  }

  private void run(List<List<Tensor>> applications, List<Tensor> results) {
    Map<Tensor, Integer> lastUse = new HashMap<>();
    for (int i = 0; i < applications.size(); i++) {
      for (Tensor operand : applications.get(i).get(0).operands()) {
        lastUse.put(operand, i);
      }
    }
    results.forEach(result -> lastUse.put(result, Integer.MAX_VALUE));
    for (List<Tensor> made : applications) {
      if (made.get(0).operation() instanceof Grad grad) {
        List<Tensor> operands = made.get(0).operands();
        needed(operands.subList(0, grad.of()), operands.subList(grad.of(), grad.of() + grad.to()))
            .forEach(tensor -> lastPass.put(tensor, made.get(0)));
      }
    }
    for (int i = 0; i < applications.size(); i++) {
      List<Tensor> made = applications.get(i);
      apply(made);
      List<Tensor> dead = new ArrayList<>(made);
      dead.removeIf(lastUse::containsKey);
      for (Tensor operand : new HashSet<>(made.get(0).operands())) {
        if (lastUse.get(operand) == i) {
          dead.add(operand);
        }
      }
      dead.forEach(tensor -> drop(storages.get(tensor)));
    }
    kept.values().forEach(list -> list.forEach(this::drop));
  }

  private void apply(List<Tensor> made) {
    Tensor first = made.get(0);
    if (first.operation() instanceof Grad grad) {
      differentiate(grad, made);
      return;
    }
    for (Tensor tensor : made) {
      storages.put(tensor, hold(place(tensor)));
    }
    transientBytes(first.operation(), types(first.operands()), types(made), false);
    if (first.requiresGrad()) {
      keep(made);
    }
  }

  private static List<TensorType> types(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::type).toList();
  }

  private Storage place(Tensor tensor) {
    return tensor.isView() ? storage(tensor.operands().get(0)) : new Storage(tensor.type().bytes());
  }

  /** Arguments are the caller's. */
  private Storage storage(Tensor tensor) {
    return storages.computeIfAbsent(
        tensor,
        t -> {
          Storage argument = new Storage(0);
          argument.holders = 1;
          return argument;
        });
  }

  private void keep(List<Tensor> made) {
    Tensor first = made.get(0);
    List<Tensor> operands = first.operands();
    Kept rule = first.operation().kept();
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
      made.forEach(tensor -> list.add(hold(storage(tensor))));
    }
    kept.put(first, list);
  }

  /**
   * Whether another operand than number {@code self}, counted from {@code first}, has a gradient.
   */
  private static boolean hasPartner(List<Tensor> operands, int first, int self) {
    return IntStream.range(first, operands.size())
        .anyMatch(i -> i != self && operands.get(i).requiresGrad());
  }

  private void differentiate(Grad grad, List<Tensor> made) {
    List<Tensor> operands = made.get(0).operands();
    List<Tensor> of = operands.subList(0, grad.of());
    List<Tensor> to = operands.subList(grad.of(), grad.of() + grad.to());
    Map<Tensor, Storage> derivatives = new HashMap<>();
    for (int i = 0; i < of.size(); i++) {
      boolean given = operands.size() > grad.of() + grad.to();
      Storage direction =
          given
              ? storage(operands.get(grad.of() + grad.to() + i))
              : new Storage(of.get(i).type().bytes());
      derivatives.put(of.get(i), hold(direction));
    }
    Set<Tensor> needed = needed(of, to);
    needed.stream()
        .sorted(Tensor.BY_AGE.reversed())
        .forEach(
            tensor ->
                step(
                    tensor,
                    to,
                    needed,
                    derivatives,
                    grad.retain() && lastPass.get(tensor) != made.get(0)));
    for (int i = 0; i < made.size(); i++) {
      Storage derivative = derivatives.get(to.get(i));
      storages.put(
          made.get(i),
          derivative != null ? derivative : hold(new Storage(made.get(i).type().bytes())));
    }
  }

  /** What lies on a way from {@code of} to {@code to}. */
  private static Set<Tensor> needed(List<Tensor> of, List<Tensor> to) {
    Set<Tensor> ancestors = new HashSet<>();
    List<Tensor> open = new ArrayList<>(of);
    while (!open.isEmpty()) {
      Tensor tensor = open.remove(open.size() - 1);
      if (tensor.requiresGrad() && ancestors.add(tensor) && !tensor.isLeaf()) {
        open.addAll(tensor.operands());
      }
    }
    // The oldest first: operands are known before what is made of them.
    Set<Tensor> needed = new HashSet<>();
    for (Tensor tensor : ancestors.stream().sorted(Tensor.BY_AGE).toList()) {
      boolean inner = !tensor.isLeaf() && tensor.operands().stream().anyMatch(needed::contains);
      if (inner || to.contains(tensor)) {
        needed.add(tensor);
      }
    }
    return needed;
  }

  /** The backward pass of the operation that made {@code tensor}, once its results are all due. */
  private void step(
      Tensor tensor,
      List<Tensor> to,
      Set<Tensor> needed,
      Map<Tensor, Storage> derivatives,
      boolean retain) {
    Storage derivative = to.contains(tensor) ? null : derivatives.remove(tensor);
    if (derivative == null || tensor.isLeaf()) {
      return;
    }
    for (Tensor operand : tensor.operands()) {
      if (needed.contains(operand)) {
        receive(operand, tensor, derivative, derivatives);
      }
    }
    transientBytes(tensor.operation(), types(tensor.operands()), List.of(tensor.type()), true);
    drop(derivative);
    if (!retain && kept.containsKey(tensor)) {
      kept.remove(tensor).forEach(this::drop);
    }
  }

  private void receive(
      Tensor operand, Tensor from, Storage derivative, Map<Tensor, Storage> derivatives) {
    Storage before = derivatives.get(operand);
    if (before != null && from.operation() instanceof Structure.Split) {
      return; // One tensor takes the derivatives of all parts.
    }
    boolean passed = before == null && from.passesDerivative(operand);
    Storage share = hold(passed ? derivative : new Storage(operand.type().bytes()));
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

  private void transientBytes(
      Operation operation, List<TensorType> inputs, List<TensorType> outputs, boolean backward) {
    long exact = operation.exactScratch(inputs, outputs, backward);
    if (exact > 0) {
      recorder.exactScratch(exact);
    }
    long bytes = operation.scratch(inputs, outputs);
    if (bytes > 0) {
      recorder.free(recorder.allocate(bytes));
    }
    peak = Math.max(peak, held + bytes);
  }
}
