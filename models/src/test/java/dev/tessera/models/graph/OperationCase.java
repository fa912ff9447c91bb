package dev.tessera.models.graph;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** One operation with operands that it accepts. */
record OperationCase(
    Operation operation, List<Operand> operands, UnaryOperator<List<Tensor>> body) {

  static OperationCase of(Operation operation, Operand... operands) {
    return new OperationCase(
        operation,
        List.of(operands),
        tensors -> tensors.get(0).trace().applyAll(operation, tensors.toArray(Tensor[]::new)));
  }

  /** What the operation is and of which kind, for instance {@code Reduce SUM}. */
  String key() {
    return operation instanceof Enum<?> constant
        ? constant.getDeclaringClass().getSimpleName() + " " + constant.name()
        : key(operation.getClass().getSimpleName(), kinds());
  }

  private List<Object> kinds() {
    return Arrays.stream(operation.getClass().getRecordComponents())
        .filter(OperationCase::isKind)
        .map(this::value)
        .toList();
  }

  Object value(RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(operation);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  static String key(String name, List<Object> kinds) {
    StringBuilder key = new StringBuilder(name);
    kinds.forEach(kind -> key.append(' ').append(kind));
    return key.toString();
  }

  /** The keys that cases must cover: every constant and kind of the sealed list. */
  static List<String> required() {
    List<String> keys = new ArrayList<>();
    require(Operation.class, keys);
    return keys;
  }

  private static void require(Class<?> type, List<String> keys) {
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        require(permitted, keys);
      }
    } else if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        keys.add(type.getSimpleName() + " " + ((Enum<?>) constant).name());
      }
    } else if (type != CustomOperator.class && type != MeanPool.class) {
      // Those trace their derivatives, within gradient() alone: the tests of kernels hold them to
      // what they stand for.
      combine(type.getSimpleName(), type, List.of(), keys);
    }
  }

  private static void combine(String name, Class<?> type, List<Object> chosen, List<String> keys) {
    List<RecordComponent> kinds =
        Arrays.stream(type.getRecordComponents()).filter(OperationCase::isKind).toList();
    if (chosen.size() == kinds.size()) {
      keys.add(key(name, chosen));
      return;
    }
    Class<?> kind = kinds.get(chosen.size()).getType();
    List<?> values = kind.isEnum() ? Arrays.asList(kind.getEnumConstants()) : List.of(false, true);
    for (Object value : values) {
      List<Object> next = new ArrayList<>(chosen);
      next.add(value);
      combine(name, type, next, keys);
    }
  }

  private static boolean isKind(RecordComponent component) {
    Class<?> type = component.getType();
    return type == boolean.class || (type.isEnum() && type != DType.class);
  }

  @Override
  public String toString() {
    return operation + " of " + operands.stream().map(o -> o.type() + " " + o.storage()).toList();
  }
}
