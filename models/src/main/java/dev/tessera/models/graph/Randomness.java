package dev.tessera.models.graph;

import java.util.HashMap;
import java.util.Map;

/**
 * The random numbers of a program: each draw has a number of its own, by the layer that draws and
 * how often it has.
 */
final class Randomness {

  private final Trace trace;
  private Map<String, Integer> sites = new HashMap<>();
  private Tensor key;

  Randomness(Trace trace) {
    this.trace = trace;
  }

  /** Names the source of all draws. */
  void use(Tensor source) {
    key = source;
  }

  Tensor key() {
    if (key == null) {
      throw new IllegalStateException(trace.here() + ": the program has no random key");
    }
    return key;
  }

  long nextSite() {
    String where = trace.here();
    return Hash.of(where) ^ sites.merge(where, 1, Integer::sum);
  }

  /** How far draws have come, to be gone back to. */
  Map<String, Integer> sites() {
    return new HashMap<>(sites);
  }

  /** Draws from here on as after {@link #sites} were asked. */
  void goTo(Map<String, Integer> before) {
    sites = new HashMap<>(before);
  }

  Tensor draw(Creation.Random.Law law, Shape shape) {
    Tensor source = key();
    return trace.apply(new Creation.Random(law, nextSite(), type(shape)), source);
  }

  /** The same numbers in every call of every program. */
  Tensor drawFixed(Creation.Random.Law law, long draw, Shape shape) {
    Tensor source = trace.full(DType.INT64, Shape.of(), 0);
    return trace.apply(new Creation.Random(law, Hash.of("fixed") ^ draw, type(shape)), source);
  }

  private TensorType type(Shape shape) {
    return new TensorType(trace.precision().master(), shape);
  }
}
