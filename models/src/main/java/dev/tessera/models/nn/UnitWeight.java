package dev.tessera.models.nn;

import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.stream.IntStream;

/**
 * A weight {@code [out, ...]} of which programs divide each row by its root mean square before they
 * use it (Karras et al. 2024, equation 47), so that gradients are at right angles to rows and
 * outputs have the variance of inputs. Updates keep the stored rows at 1 (equation 66).
 */
final class UnitWeight {

  /** Added to root mean squares. */
  static final double EPS = 1e-4;

  private final String path;
  private final Parameter weight;
  private final double fanIn;

  UnitWeight(Scope scope, Shape shape) {
    path = scope.path();
    weight = scope.unitRows("weight", shape);
    fanIn = (double) shape.size() / shape.dim(0);
  }

  /** The path of the layer. */
  String path() {
    return path;
  }

  /** Rows of norm 1, times {@code gain} without dimensions if that is not null; in fp32. */
  Tensor scaled(Trace trace, Tensor gain) {
    Tensor w = trace.weight(weight);
    int[] inner = IntStream.range(1, w.shape().rank()).toArray();
    Tensor size = w.rootMeanSquare(inner).add(EPS);
    Tensor unit = w.div(size);
    double spread = 1 / Math.sqrt(fanIn);
    return gain == null ? unit.mul(spread) : unit.mul(gain.mul(spread));
  }
}
