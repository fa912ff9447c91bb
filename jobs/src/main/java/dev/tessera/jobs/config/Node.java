package dev.tessera.jobs.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A recipe as written, before it has types: YAML's three kinds of nodes with their places. */
sealed interface Node {

  Where where();

  /** What a reader of a message would call this node. */
  String describe();

  /** A single value; {@code text} is empty and {@code absent} set for YAML's null. */
  record Scalar(String text, boolean absent, Where where) implements Node {

    @Override
    public String describe() {
      return absent ? "nothing" : text;
    }
  }

  /** A list. */
  record Sequence(List<Node> items, Where where) implements Node {

    public Sequence {
      items = List.copyOf(items);
    }

    Sequence with(int index, Node item) {
      List<Node> changed = new ArrayList<>(items);
      changed.set(index, item);
      return new Sequence(changed, where);
    }

    @Override
    public String describe() {
      return "a list";
    }
  }

  /** Keys and values in the order written. */
  record Mapping(Map<String, Node> entries, Where where) implements Node {

    public Mapping {
      entries = new LinkedHashMap<>(entries);
    }

    static Mapping empty(Where where) {
      return new Mapping(Map.of(), where);
    }

    Mapping with(String key, Node value) {
      Map<String, Node> changed = new LinkedHashMap<>(entries);
      changed.put(key, value);
      return new Mapping(changed, where);
    }

    @Override
    public String describe() {
      return "a group of keys";
    }
  }
}
