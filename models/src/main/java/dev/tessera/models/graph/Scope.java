package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A place in a model under construction: layers declare their parameters here, under names that
 * begin with the place's path.
 */
public final class Scope {

  private static final class Group {
    final String name;
    final List<Parameter> parameters = new ArrayList<>();
    final Set<String> names = new LinkedHashSet<>();

    Group(String name) {
      this.name = name;
    }
  }

  private final Group group;
  private final String path;
  private final String segment;
  private final int parts;

  private Scope(Group group, String path, String segment) {
    this(group, path, segment, 1);
  }

  private Scope(Group group, String path, String segment, int parts) {
    this.group = group;
    this.path = path;
    this.segment = segment;
    this.parts = parts;
  }

  /** The root of a new group. */
  public static Scope group(String name) {
    return new Scope(new Group(name), "", "");
  }

  /** A place within this one. */
  public Scope child(String name) {
    return new Scope(group, path.isEmpty() ? name : path + "." + name, segment);
  }

  public Scope child(int index) {
    return child(Integer.toString(index));
  }

  /**
   * This place, for a layer whose matrix is {@code maps} linear maps one above another: optimisers
   * that look at matrices look at each. Places within are as ever.
   */
  public Scope stacked(int maps) {
    return new Scope(group, path, segment, maps);
  }

  /** A place within this one whose parameters form a segment of their own. */
  public Scope segment(String name) {
    Scope child = child(name);
    return new Scope(group, child.path, child.path);
  }

  public String path() {
    return path;
  }

  /** The segment that this place's parameters belong to; empty outside of all segments. */
  public String segment() {
    return segment;
  }

  /** What was declared here and in places within this one so far. */
  public List<Parameter> parameters() {
    return group.parameters.stream().filter(p -> p.name().startsWith(path + ".")).toList();
  }

  /** Declares the weight of a matrix product or convolution. */
  public Parameter matrix(String name, Shape shape, Initializer initializer) {
    return declare(name, Parameter.Kind.MATRIX, shape, parts, initializer);
  }

  /** Declares a bias, scale or other parameter that is not decayed. */
  public Parameter vector(String name, Shape shape, Initializer initializer) {
    return declare(name, Parameter.Kind.VECTOR, shape, 1, initializer);
  }

  /**
   * Declares a weight {@code [out, ...]} whose rows have root mean square 1 and keep it, whatever
   * the optimiser does.
   */
  public Parameter unitRows(String name, Shape shape) {
    return declare(name, Parameter.Kind.UNIT_ROWS, shape, 1, new Initializer.UnitRows());
  }

  private Parameter declare(
      String name, Parameter.Kind kind, Shape shape, int stack, Initializer initializer) {
    String full = child(name).path;
    if (!group.names.add(full)) {
      throw new IllegalArgumentException("name: " + full + " (expected: declared once a group)");
    }
    Parameter parameter = new Parameter(group.name, full, segment, kind, shape, stack, initializer);
    group.parameters.add(parameter);
    return parameter;
  }

  /** The layout of all that was declared in this group so far. */
  public Layout layout() {
    return new Layout(group.name, group.parameters);
  }
}
