package dev.tessera.jobs.config;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Binds nodes to types and notes every mistake on the way. A result is empty when a mistake was
 * noted for it or for something within it.
 */
final class Binder {

  /** The key that chooses a record of a sealed interface. */
  static final String TYPE = "type";

  private final Mistakes mistakes;
  private final List<String> allPaths;

  Binder(Type root, Mistakes mistakes) {
    this.mistakes = mistakes;
    this.allPaths = Schema.paths(root);
  }

  /**
   * @param base the value that holds for what the node leaves out, if there is one
   */
  Optional<Object> bind(Type type, Node node, String path, Optional<Object> base) {
    Class<?> raw = Schema.raw(type);
    if (raw == Optional.class) {
      return optional(type, node, path, base);
    }
    if (Schema.isVariant(type)) {
      return variant(raw, node, path, base);
    }
    if (raw.isRecord()) {
      return group(node, path, "a group of keys")
          .flatMap(mapping -> record(raw, mapping, path, base));
    }
    if (raw == List.class) {
      return list(Schema.held(type), node, path);
    }
    if (raw == Map.class) {
      return group(node, path, "a group of names")
          .flatMap(mapping -> map(Schema.held(type), mapping, path));
    }
    return scalar(raw, node, path);
  }

  private Optional<Object> scalar(Class<?> type, Node node, String path) {
    if (!Scalars.covers(type)) {
      throw new IllegalStateException(path + ": " + type.getName() + " cannot be in a recipe");
    }
    if (!(node instanceof Node.Scalar scalar) || scalar.absent()) {
      return wrong(node, path, node.describe(), Scalars.expected(type));
    }
    Optional<Object> value = Scalars.parse(type, scalar.text());
    if (value.isEmpty()) {
      String near =
          NearestKey.of(scalar.text(), Scalars.names(type)).map(n -> "; nearest: " + n).orElse("");
      wrong(node, path, scalar.text(), Scalars.expected(type) + near);
    }
    return value;
  }

  private Optional<Object> optional(Type type, Node node, String path, Optional<Object> base) {
    if (isNothing(node)) {
      return Optional.of(Optional.empty());
    }
    Optional<Object> inner = base.flatMap(b -> (Optional<?>) b);
    return bind(Schema.held(type), node, path, inner).map(Optional::of);
  }

  private Optional<Object> list(Type item, Node node, String path) {
    if (!(node instanceof Node.Sequence sequence)) {
      String form = node instanceof Node.Scalar scalar ? ": [" + scalar.text() + "]" : "";
      return wrong(node, path, node.describe(), "a list" + form);
    }
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < sequence.items().size(); i++) {
      String at = KeyNames.join(path, String.valueOf(i));
      bind(item, sequence.items().get(i), at, Optional.empty()).ifPresent(values::add);
    }
    boolean complete = values.size() == sequence.items().size();
    return complete ? Optional.of(List.copyOf(values)) : Optional.empty();
  }

  private Optional<Object> map(Type held, Node.Mapping mapping, String path) {
    Map<String, Object> values = new LinkedHashMap<>();
    mapping
        .entries()
        .forEach(
            (key, node) ->
                bind(held, node, KeyNames.join(path, key), Optional.empty())
                    .ifPresent(value -> values.put(key, value)));
    boolean complete = values.size() == mapping.entries().size();
    return complete ? Optional.of(values) : Optional.empty();
  }

  private Optional<Object> variant(Class<?> type, Node node, String path, Optional<Object> base) {
    Map<String, Class<?>> variants = Schema.variants(type);
    String expected = "one of: " + String.join(", ", variants.keySet());
    Node whole = node;
    if (node instanceof Node.Scalar scalar && !scalar.absent()) {
      whole = new Node.Mapping(Map.of(TYPE, node), node.where());
    }
    Optional<Node.Mapping> group = group(whole, path, "a group of keys");
    if (group.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Node> keys = new LinkedHashMap<>(group.get().entries());
    Node choice = keys.remove(TYPE);
    Node.Mapping rest = new Node.Mapping(keys, group.get().where());
    if (choice == null && base.isPresent()) {
      return record(base.get().getClass(), rest, path, base);
    }
    String at = KeyNames.join(path, TYPE);
    if (!(choice instanceof Node.Scalar name) || name.absent()) {
      mistakes.add(node.where(), at, "missing (expected " + expected + ")");
      return Optional.empty();
    }
    Class<?> chosen = variants.get(name.text());
    if (chosen == null) {
      String near =
          NearestKey.of(name.text(), variants.keySet()).map(n -> "; nearest: " + n).orElse("");
      return wrong(choice, at, name.text(), expected + near);
    }
    return record(chosen, rest, path, base);
  }

  private Optional<Object> record(
      Class<?> type, Node.Mapping mapping, String path, Optional<Object> outer) {
    Map<String, RecordComponent> components = Schema.components(type);
    unknownKeys(mapping, components.keySet().stream().toList(), path);
    Optional<Object> base = outer.filter(type::isInstance).or(() -> Schema.defaults(type));
    List<Object> values = new ArrayList<>();
    components.forEach(
        (key, component) -> component(component, mapping, key, path, base).ifPresent(values::add));
    return values.size() == components.size()
        ? construct(type, values, mapping, path)
        : Optional.empty();
  }

  private Optional<Object> component(
      RecordComponent component,
      Node.Mapping mapping,
      String key,
      String path,
      Optional<Object> base) {
    Type type = component.getGenericType();
    String at = KeyNames.join(path, key);
    Optional<Object> held = base.map(b -> Schema.read(component, b));
    Node node = mapping.entries().get(key);
    if (node != null) {
      return bind(type, node, at, held);
    }
    if (held.isPresent()) {
      return held;
    }
    Class<?> raw = component.getType();
    if (raw == Optional.class) {
      return Optional.of(Optional.empty());
    }
    if (raw.isRecord()) {
      return bind(type, Node.Mapping.empty(mapping.where()), at, Optional.empty());
    }
    mistakes.add(mapping.where(), at, "missing (expected: " + describe(type) + ")");
    return Optional.empty();
  }

  private Optional<Object> construct(
      Class<?> type, List<Object> values, Node.Mapping mapping, String path) {
    try {
      return Optional.of(Schema.construct(type, values));
    } catch (IllegalArgumentException e) {
      Refusal refusal = Refusal.of(type, e.getMessage());
      Node at = mapping.entries().getOrDefault(refusal.key(), mapping);
      mistakes.add(
          at.where(),
          refusal.key().isEmpty() ? path : KeyNames.join(path, refusal.key()),
          refusal.reason());
      return Optional.empty();
    }
  }

  private void unknownKeys(Node.Mapping mapping, List<String> known, String path) {
    mapping
        .entries()
        .forEach(
            (key, node) -> {
              if (!known.contains(key)) {
                String problem = "unknown key (" + suggestion(key, known) + ")";
                mistakes.add(node.where(), KeyNames.join(path, key), problem);
              }
            });
  }

  private String suggestion(String key, List<String> known) {
    Optional<String> elsewhere =
        allPaths.stream().filter(p -> p.equals(key) || p.endsWith("." + key)).findFirst();
    return NearestKey.of(key, known)
        .or(() -> elsewhere)
        .map(near -> "did you mean " + near + "?")
        .orElse("expected one of: " + String.join(", ", known));
  }

  private Optional<Node.Mapping> group(Node node, String path, String expected) {
    if (node instanceof Node.Mapping mapping) {
      return Optional.of(mapping);
    }
    if (isNothing(node)) {
      return Optional.of(Node.Mapping.empty(node.where()));
    }
    wrong(node, path, node.describe(), expected);
    return Optional.empty();
  }

  private <T> Optional<T> wrong(Node node, String path, String written, String expected) {
    mistakes.add(node.where(), path, written + " (expected: " + expected + ")");
    return Optional.empty();
  }

  private static boolean isNothing(Node node) {
    return node instanceof Node.Scalar scalar && scalar.absent();
  }

  private static String describe(Type type) {
    Class<?> raw = Schema.raw(type);
    if (Scalars.covers(raw)) {
      return Scalars.expected(raw);
    }
    return raw == List.class ? "a list" : "a group of keys";
  }
}
