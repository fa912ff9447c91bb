package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/** Rows of root mean square 1 again (Karras et al. 2024, equation 66). */
record UnitRows() implements Constraint {

  /** Added to root mean squares, as in EDM2. */
  private static final double EPS = 1e-4;

  @Override
  public List<Tensor> apply(Layout layout, Tensor parameters, Tensor skipped) {
    return layout.runs().stream()
        .filter(run -> run.kind() == Parameter.Kind.UNIT_ROWS)
        .flatMap(run -> run.slices().stream())
        .map(slice -> normalized(parameters, slice, skipped))
        .toList();
  }

  private static Tensor normalized(Tensor parameters, Layout.Slice slice, Tensor skipped) {
    long rows = slice.parameter().shape().dim(0);
    Tensor stored =
        parameters.narrow(0, slice.offset(), slice.size()).reshape(rows, slice.size() / rows);
    Tensor unit = stored.div(stored.rootMeanSquare(1).add(EPS));
    return stored.copyFrom(
        skipped == null
            ? unit
            : skipped.greater(LossScale.number(stored.trace(), 0)).where(stored, unit));
  }
}
