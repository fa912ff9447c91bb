package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes of a call, counted by hand; whole loops are measured in integration tests. */
final class WorkingSetTest {

  private static final long N = 1000;
  private static final long BYTES = 4 * N;

  private final Trace trace = new Trace("program", Precision.FP32);
  private final Tensor x = trace.input("x", DType.FLOAT32, Shape.of(N));

  @Test
  void aChainHoldsTwoValuesAtATime() {
    Program program = trace.finish(x.exp().exp().exp().exp());
    assertThat(program.workingBytes()).isEqualTo(2 * BYTES);
  }

  @Test
  void aValueLivesUntilItsLastUse() {
    Tensor early = x.exp();
    Tensor late = early.exp().exp().exp();
    assertThat(trace.finish(late.add(early)).workingBytes()).isEqualTo(3 * BYTES);
  }

  @Test
  void viewsAndUpdatesInPlaceTakeNothing() {
    Tensor view = x.reshape(10, 100).transpose(0, 1).narrow(0, 0, 5).detach();
    Program program = trace.finish(x.addInPlace(x, 1), view.sum(0, 1));
    assertThat(program.workingBytes()).isEqualTo(4);
    Trace copied = new Trace("copied", Precision.FP32);
    Tensor y = copied.input("y", DType.FLOAT32, Shape.of(10, 100));
    assertThat(copied.finish(y.transpose(0, 1).reshape(N).exp()).workingBytes())
        .isEqualTo(2 * BYTES);
  }

  @Test
  void anUnusedValueIsDroppedAtOnce() {
    x.exp();
    x.exp();
    assertThat(trace.finish(x.exp()).workingBytes()).isEqualTo(BYTES);
  }

  @Test
  void aBackwardPassReleasesWhatWasKeptAsItGoes() {
    Tensor leaf = x.leaf();
    Tensor h = leaf;
    for (int i = 0; i < 10; i++) {
      h = h.sin();
    }
    Tensor gradient =
        trace.grad(List.of(h), List.of(leaf), List.of(h.detach()), false, false).get(0);
    // Nine operands (the tenth is the argument), the result and one derivative on the way.
    assertThat(trace.finish(gradient).workingBytes()).isEqualTo(11 * BYTES);
  }

  @Test
  void additionKeepsNothing() {
    Tensor leaf = x.leaf();
    Tensor h = leaf;
    for (int i = 0; i < 10; i++) {
      h = h.add(x);
    }
    Tensor gradient =
        trace.grad(List.of(h), List.of(leaf), List.of(h.detach()), false, false).get(0);
    assertThat(trace.finish(gradient).workingBytes()).isEqualTo(2 * BYTES);
  }
}
