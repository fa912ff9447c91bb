package dev.tessera.jobs.config;

import java.util.List;
import java.util.Map;

/** Applies {@code key.path=value} arguments to a recipe's nodes, in the order given. */
final class Overrides {

  private final Mistakes mistakes;

  Overrides(Mistakes mistakes) {
    this.mistakes = mistakes;
  }

  Node apply(Node root, List<String> overrides) {
    Node changed = root;
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 1) {
        mistakes.add(Where.COMMAND_LINE, "", override + " (expected: key=value)");
        continue;
      }
      String path = override.substring(0, equals).strip();
      Node value = YamlTree.ofOverride(override.substring(equals + 1), mistakes);
      changed = set(changed, List.of(path.split("\\.", -1)), path, value);
    }
    return changed;
  }

  private Node set(Node node, List<String> keys, String path, Node value) {
    if (keys.isEmpty()) {
      return value;
    }
    String key = keys.get(0);
    List<String> rest = keys.subList(1, keys.size());
    if (node instanceof Node.Sequence list) {
      return setItem(list, key, rest, path, value);
    }
    if (node instanceof Node.Scalar scalar && !scalar.absent()) {
      // A group replaces a short form: `sampler: heun` and then sampler.steps=20.
      Node type = new Node.Mapping(Map.of(Binder.TYPE, scalar), scalar.where());
      return set(type, keys, path, value);
    }
    Node.Mapping group =
        node instanceof Node.Mapping mapping ? mapping : Node.Mapping.empty(Where.COMMAND_LINE);
    Node child = group.entries().getOrDefault(key, new Node.Scalar("", true, Where.COMMAND_LINE));
    return group.with(key, set(child, rest, path, value));
  }

  private Node setItem(Node.Sequence list, String key, List<String> rest, String path, Node value) {
    boolean number = key.matches("[0-9]{1,6}");
    if (!number || Integer.parseInt(key) >= list.items().size()) {
      mistakes.add(
          Where.COMMAND_LINE,
          path,
          key + " (expected: a place in the list, 0 to " + (list.items().size() - 1) + ")");
      return list;
    }
    int index = Integer.parseInt(key);
    return list.with(index, set(list.items().get(index), rest, path, value));
  }
}
