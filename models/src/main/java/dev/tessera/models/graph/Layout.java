package dev.tessera.models.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where each parameter of a group stands in the group's flat vector. Segments follow one another;
 * within a segment stand its matrices, then its vectors, then its unit rows.
 */
public final class Layout {

  /**
   * One parameter's place.
   *
   * @param offset of its first element in the flat vector, in elements; row-major from there
   */
  public record Slice(Parameter parameter, long offset) {
    /** In elements. */
    public long size() {
      return parameter.shape().size();
    }
  }

  /**
   * Consecutive slices of one kind in one segment.
   *
   * @param offset of the first element in the flat vector, in elements
   * @param size in elements
   * @param slices without gaps, in order
   */
  public record Run(
      String segment, Parameter.Kind kind, long offset, long size, List<Slice> slices) {}

  private final String group;
  private final List<Run> runs;
  private final Map<String, Slice> slices = new LinkedHashMap<>();
  private final long size;

  Layout(String group, List<Parameter> parameters) {
    this.group = group;
    Map<String, List<Parameter>> bySegment = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      bySegment.computeIfAbsent(parameter.segment(), s -> new ArrayList<>()).add(parameter);
    }
    List<Run> all = new ArrayList<>();
    long offset = 0;
    for (var segment : bySegment.entrySet()) {
      for (Parameter.Kind kind : Parameter.Kind.values()) {
        Run run = run(segment.getKey(), kind, offset, segment.getValue());
        if (!run.slices().isEmpty()) {
          all.add(run);
          run.slices().forEach(slice -> slices.put(slice.parameter().name(), slice));
          offset += run.size();
        }
      }
    }
    this.runs = List.copyOf(all);
    this.size = offset;
  }

  private static Run run(
      String segment, Parameter.Kind kind, long offset, List<Parameter> parameters) {
    List<Slice> slices = new ArrayList<>();
    long next = offset;
    for (Parameter parameter : parameters) {
      if (parameter.kind() == kind) {
        slices.add(new Slice(parameter, next));
        next += parameter.shape().size();
      }
    }
    return new Run(segment, kind, offset, next - offset, List.copyOf(slices));
  }

  public String group() {
    return group;
  }

  /** Elements of the flat vector. */
  public long size() {
    return size;
  }

  public List<Run> runs() {
    return runs;
  }

  /** Slices by name, in the order of the flat vector. */
  public Map<String, Slice> slices() {
    return java.util.Collections.unmodifiableMap(slices);
  }

  /** The runs of one segment. */
  public List<Run> runs(String segment) {
    return runs.stream().filter(run -> run.segment().equals(segment)).toList();
  }

  /**
   * Writes every parameter's first values into {@code flat}, native order. A parameter's values
   * depend on the seed and on its own name alone, not on the rest of the model.
   */
  public void initialize(long seed, ByteBuffer flat) {
    if (flat.remaining() < size * Float.BYTES) {
      throw new IllegalArgumentException(
          "flat: " + flat.remaining() + " bytes (expected: " + size * Float.BYTES + ")");
    }
    for (Slice slice : slices.values()) {
      int first = Math.toIntExact(slice.offset() * Float.BYTES);
      int bytes = Math.toIntExact(slice.size() * Float.BYTES);
      initialize(slice, seed, flat.slice(flat.position() + first, bytes));
    }
  }

  /** Writes one parameter's first values into {@code memory}, native order. */
  public void initialize(Slice slice, long seed, ByteBuffer memory) {
    Parameter parameter = slice.parameter();
    long own = Hash.of(seed, Hash.of(group + "/" + parameter.name()));
    memory
        .duplicate()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(parameter.initializer().values(parameter.shape(), own));
  }
}
