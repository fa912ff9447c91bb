package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A gradient cut at segments equals the gradient of the whole. */
final class SegmentsTest {

  private static final int N = 5;
  private static final int D = 4;

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** A network of blocks that tests wire in different ways. */
  private static final class Net {
    final Scope root = Scope.group("net");
    final Parameter prologue = root.matrix("prologue", Shape.of(D, D), Initializer.xavier(D, D));
    final List<Parameter> weights = new ArrayList<>();
    final List<Parameter> biases = new ArrayList<>();
    final Parameter epilogue;
    final Layout layout;

    Net(int blocks) {
      for (int i = 0; i < blocks; i++) {
        Scope segment = root.segment("block" + i);
        weights.add(segment.matrix("weight", Shape.of(D, D), Initializer.xavier(D, D)));
        biases.add(segment.vector("bias", Shape.of(D), new Initializer.Normal(1)));
      }
      epilogue = root.matrix("epilogue", Shape.of(1, D), Initializer.xavier(D, 1));
      layout = root.layout();
    }

    /** Block {@code i} of x and, if present, of a condition; with dropout. */
    Tensor block(Trace trace, int i, Tensor... operands) {
      return trace.at(
          "block" + i,
          () ->
              trace.segment(
                  "block" + i,
                  in -> {
                    Tensor h =
                        in.get(0)
                            .linear(trace.weight(weights.get(i)), trace.weight(biases.get(i)))
                            .silu();
                    Tensor keep =
                        trace.uniform(h.shape()).less(trace.full(DType.FLOAT64, Shape.of(), 0.7));
                    h = h.mul(keep.cast(DType.FLOAT64)).add(in.get(0));
                    return in.size() > 1 ? h.mul(in.get(1)) : h;
                  },
                  operands));
    }
  }

  /** How blocks are wired; returns the loss of input x. */
  private interface Wiring {
    Tensor loss(Net net, Trace trace, Tensor x);
  }

  private static void same(int blocks, Wiring wiring) {
    double[] whole = gradient(blocks, wiring, Segmentation.WHOLE, "");
    double[] cut = gradient(blocks, wiring, Segmentation.RECOMPUTE, "");
    double[] nested = gradient(blocks, wiring, Segmentation.RECOMPUTE, "outer");
    double scale = 0;
    for (double g : whole) {
      scale = Math.max(scale, Math.abs(g));
    }
    assertThat(scale).isPositive();
    assertThat(cut).hasSameSizeAs(whole);
    for (int i = 0; i < whole.length; i++) {
      assertThat(Math.abs(cut[i] - whole[i]))
          .as("element %d", i)
          .isLessThanOrEqualTo(4e-15 * scale);
    }
    double[] wholeNested = gradient(blocks, wiring, Segmentation.WHOLE, "outer");
    for (int i = 0; i < whole.length; i++) {
      assertThat(Math.abs(nested[i] - wholeNested[i])).isLessThanOrEqualTo(4e-15 * scale);
    }
  }

  private static double[] gradient(
      int blocks, Wiring wiring, Segmentation segmentation, String layer) {
    Net net = new Net(blocks);
    Trace trace = new Trace("net " + segmentation, Precision.FP64);
    Tensor flat = trace.input("flat", DType.FLOAT64, Shape.of(net.layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(N, D));
    trace.randomness(trace.scalar("key", DType.INT64));
    Supplier<Tensor> gradient =
        () -> trace.gradient(net.layout, flat, segmentation, () -> wiring.loss(net, trace, x));
    Program program = trace.finish(layer.isEmpty() ? gradient.get() : trace.at(layer, gradient));
    try (Executable executable = runtime.load(program);
        NativeTensor f = runtime.zeros(DType.FLOAT64, Shape.of(net.layout.size()));
        NativeTensor input = runtime.zeros(DType.FLOAT64, Shape.of(N, D));
        NativeTensor key = runtime.scalar(11L)) {
      SplittableRandom random = new SplittableRandom(4);
      f.set(random.doubles(f.size(), -1, 1).toArray());
      input.set(random.doubles(input.size(), -1, 1).toArray());
      try (Results results = executable.run(f, input, key)) {
        return results.get(0).toDoubles();
      }
    }
  }

  private static Tensor prologue(Net net, Trace trace, Tensor x) {
    return x.linear(trace.weight(net.prologue), null);
  }

  private static Tensor epilogue(Net net, Trace trace, Tensor h) {
    return h.linear(trace.weight(net.epilogue), null).square().meanAll();
  }

  @Test
  void aChainWithPrologueAndEpilogue() {
    same(
        3,
        (net, trace, x) -> {
          Tensor h = prologue(net, trace, x);
          for (int i = 0; i < 3; i++) {
            h = net.block(trace, i, h);
          }
          return epilogue(net, trace, h);
        });
  }

  @Test
  void aConditionSharedByAllSegments() {
    same(
        3,
        (net, trace, x) -> {
          Tensor h = prologue(net, trace, x);
          Tensor condition = h.tanh();
          for (int i = 0; i < 3; i++) {
            h = net.block(trace, i, h, condition);
          }
          return epilogue(net, trace, h);
        });
  }

  @Test
  void operationsBetweenSegmentsAndSkipConnections() {
    same(
        4,
        (net, trace, x) -> {
          Tensor a = net.block(trace, 0, prologue(net, trace, x));
          Tensor scaled = a.mul(2).sin();
          Tensor b = net.block(trace, 1, scaled, a);
          Tensor c = net.block(trace, 2, b.add(scaled).linear(trace.weight(net.prologue), null), b);
          Tensor d = net.block(trace, 3, c.add(a), scaled.mul(c));
          return epilogue(net, trace, d.add(b).add(scaled));
        });
  }

  @Test
  void aSegmentThatIsUsedTwiceSharesItsWeights() {
    same(
        2,
        (net, trace, x) -> {
          Tensor h = net.block(trace, 0, prologue(net, trace, x));
          h = net.block(trace, 1, h, h);
          h = net.block(trace, 0, h.cos());
          return epilogue(net, trace, h);
        });
  }

  @Test
  void segmentsWithoutOutsideParametersOrWithoutUse() {
    same(
        3,
        (net, trace, x) -> {
          // Neither prologue nor epilogue, nor the third block; the second is not in the loss.
          Tensor h = net.block(trace, 0, x);
          net.block(trace, 1, h);
          return h.square().meanAll();
        });
  }

  @Test
  void aSegmentWithoutParametersAndOneThatReturnsTheLoss() {
    same(
        2,
        (net, trace, x) -> {
          Tensor h = net.block(trace, 0, prologue(net, trace, x));
          h = trace.segment("activation", in -> in.get(0).tanh().mul(in.get(1)), h, x);
          h = net.block(trace, 1, h);
          return trace.segment("loss", in -> in.get(0).square().meanAll(), h);
        });
  }

  @Test
  void recomputedProgramsAreFunctionsOfTheirInputs() {
    Net net = new Net(2);
    Trace trace = new Trace("net", Precision.BF16);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(net.layout.size()));
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(N, D));
    Tensor gradient =
        trace.gradient(
            net.layout,
            flat,
            Segmentation.RECOMPUTE,
            () -> {
              Tensor h = prologue(net, trace, x).tanh();
              for (int i = 0; i < 2; i++) {
                int block = i;
                h =
                    trace.segment(
                        "block" + i,
                        in ->
                            in.get(0)
                                .linear(
                                    trace.weight(net.weights.get(block)),
                                    trace.weight(net.biases.get(block)))
                                .silu(),
                        h);
              }
              return epilogue(net, trace, h.master());
            });
    ProgramContract.verify(runtime, trace.finish(gradient), 8);
  }

  @Test
  void aSegmentThatCapturesAForeignTensorIsRefused() {
    refused(
        (net, trace, x) -> {
          Tensor h = prologue(net, trace, x);
          return trace.segment("block0", in -> in.get(0).add(h), x).meanAll();
        },
        "segment block0 uses a tensor that is not among its operands");
    refused(
        (net, trace, x) -> {
          Tensor h = prologue(net, trace, x);
          return trace.segment("block0", in -> h, x).meanAll();
        },
        "segment block0 uses a tensor that is not among its operands");
    refused(
        (net, trace, x) ->
            trace.segment("block0", in -> prologue(net, trace, in.get(0)), x).meanAll(),
        "segment block0 uses a tensor that is not among its operands");
  }

  @Test
  void theInsideOfASegmentStaysInside() {
    refused(
        (net, trace, x) -> {
          Tensor[] kept = new Tensor[1];
          Tensor h =
              trace.segment(
                  "block0",
                  in -> {
                    kept[0] = in.get(0).exp();
                    return kept[0].mul(2);
                  },
                  prologue(net, trace, x));
          return h.add(kept[0]).meanAll();
        },
        "was made within a segment and is no result of it");
    refused(
        (net, trace, x) -> {
          net.block(trace, 0, x);
          return x.linear(trace.weight(net.weights.get(0)), null).meanAll();
        },
        "net/block0.weight[4, 4] is not bound");
    refused(
        (net, trace, x) ->
            trace.segment(
                "block0", in -> in.get(0).linear(trace.weight(net.weights.get(1)), null), x),
        "net/block1.weight[4, 4] is not bound");
    refused(
        (net, trace, x) ->
            trace.segment("block0", in -> net.block(trace, 1, in.get(0)), x).meanAll(),
        "segment block1 within segment block0");
    refused(
        (net, trace, x) ->
            trace.segment("block0", in -> trace.weight(net.weights.get(0)).copyFrom(x), x),
        "changes a buffer");
  }

  private static void refused(Wiring wiring, String message) {
    Net net = new Net(2);
    Trace trace = new Trace("net", Precision.FP64);
    Tensor flat = trace.input("flat", DType.FLOAT64, Shape.of(net.layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(D, D));
    trace.randomness(trace.scalar("key", DType.INT64));
    assertThatThrownBy(
            () ->
                trace.gradient(
                    net.layout, flat, Segmentation.RECOMPUTE, () -> wiring.loss(net, trace, x)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }
}
