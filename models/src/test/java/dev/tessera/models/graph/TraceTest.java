package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What a trace refuses, and what it counts. */
final class TraceTest {

  private static Tensor input(Trace trace, String name, long... dims) {
    return trace.input(name, DType.FLOAT32, Shape.of(dims));
  }

  @Test
  void shapeErrorsNameTheLayerAndBothShapes() {
    Map<String, Function<Tensor[], Tensor>> wrong = new LinkedHashMap<>();
    wrong.put(
        "linear expects [.., in] and [out, in], got [2, 3, 4, 4] and [5, 7]",
        t -> t[0].linear(t[1], null));
    wrong.put(
        "matmul expects [.., n, k] x [.., k, m], got [2, 3, 4, 4] and [5, 7]",
        t -> t[0].matmul(t[1]));
    wrong.put(
        "add expects shapes that broadcast, got [2, 3, 4, 4] and [5, 7]", t -> t[0].add(t[1]));
    wrong.put(
        "conv2d expects [N, in, H, W] and [out, in, k, k], got [2, 3, 4, 4] and [6, 2, 3, 3]",
        t -> t[0].conv2d(t[2], null, 1, 1));
    wrong.put(
        "conv2d expects a bias of [6], got [5, 7]",
        t -> t[0].narrow(1, 0, 2).conv2d(t[2], t[1], 1, 1));
    wrong.put("reshape expects equal sizes, got [5, 7] and [6, 6]", t -> t[1].reshape(6, 6));
    wrong.put(
        "cat along 0 expects equal other sizes, got [5, 7] and [7, 5]",
        t -> Tensor.cat(0, List.of(t[1], t[1].permute(1, 0))));
    wrong.put(
        "expand expects sizes of 1 or equal, got [5, 7] and [5, 8]",
        t -> t[1].expand(Shape.of(5, 8)));
    wrong.put("narrow expects [4, 6) within [5, 7]", t -> t[1].narrow(0, 4, 2));
    wrong.put("dimension 2 of [5, 7] does not exist", t -> t[1].sum(2));
    wrong.put("sum expects different dimensions of [5, 7], got [1, -1]", t -> t[1].sum(1, -1));
    wrong.put("sum expects different dimensions of [5, 7], got []", t -> t[1].sum());
    wrong.put(
        "group norm expects channels that 2 groups divide, got [2, 3, 4, 4]",
        t -> t[0].groupNorm(2, t[1], t[1], 1e-5));
    wrong.put("average pool expects sizes that 3 divides, got [2, 3, 4, 4]", t -> t[0].avgPool(3));
    wrong.put(
        "attention expects [N, heads, tokens, d] thrice, got [2, 3, 4, 4], [6, 2, 3, 3] and"
            + " [6, 2, 3, 3]",
        t -> t[0].attention(t[2], t[2], false));
    wrong.put(
        "less or equal expects shapes that broadcast, got [2, 3, 4, 4] and [5, 7]",
        t -> t[0].lessOrEqual(t[1]));
    wrong.put(
        "equal to expects shapes that broadcast, got [2, 3, 4, 4] and [5, 7]",
        t -> t[0].equalTo(t[1]));
    wrong.put(
        "add product expects shapes that broadcast, got [2, 3, 4, 4] and [5, 7]",
        t -> t[0].addProduct(t[1], t[1]));
    wrong.put("pow expects floats, got int64[5, 7]", t -> t[1].cast(DType.INT64).pow(2));
    wrong.put("norm expects different dimensions of [5, 7], got []", t -> t[1].norm());
    wrong.put("eigh expects [.., n, n], got [5, 7]", t -> t[1].eigh().get(0));
    wrong.put("eigenvalues expects [.., n, n], got [5, 7]", t -> t[1].eigenvalues());
    wrong.put(
        "pad zeros expects [N, C, H, W] and 0 or more rows and columns, got [5, 7], 1 and 1",
        t -> t[1].padZeros(1, 1));
    wrong.forEach(
        (message, layer) -> {
          Trace trace = new Trace("shapes", Precision.FP32);
          Tensor[] tensors = {
            input(trace, "x", 2, 3, 4, 4), input(trace, "y", 5, 7), input(trace, "z", 6, 2, 3, 3)
          };
          assertThatThrownBy(
                  () -> trace.at("encoder", () -> trace.at("down.1", () -> layer.apply(tensors))))
              .isInstanceOf(ShapeException.class)
              .hasMessage("encoder.down.1: " + message);
        });
  }

  @Test
  void aTensorOfAnotherProgramIsRefused() {
    Trace one = new Trace("one", Precision.FP32);
    Trace two = new Trace("two", Precision.FP32);
    Tensor x = input(one, "x", 1);
    Tensor y = input(two, "y", 1);
    assertThatThrownBy(() -> x.add(y)).hasMessageContaining("belongs to another program than one");
    assertThatThrownBy(() -> one.finish(y)).hasMessageContaining("belongs to another program");
  }

  @Test
  void inputsAreDeclaredFirstAndOnce() {
    Trace trace = new Trace("inputs", Precision.FP32);
    Tensor x = input(trace, "x", 1);
    assertThatThrownBy(() -> input(trace, "x", 2)).hasMessageStartingWith("argument: x ");
    assertThat(x.exp().shape()).isEqualTo(Shape.of(1));
    assertThatThrownBy(() -> input(trace, "y", 1)).hasMessageContaining("after an operation");
  }

  @Test
  void randomnessNeedsAKey() {
    Trace trace = new Trace("random", Precision.FP32);
    input(trace, "x", 1);
    assertThatThrownBy(() -> trace.at("dropout", () -> trace.uniform(Shape.of(3))))
        .hasMessage("dropout: the program has no random key");
  }

  @Test
  void floatingPointOperationsAndParametersAreThoseCountedByHand() {
    Scope scope = Scope.group("net");
    Parameter kernel = scope.matrix("kernel", Shape.of(8, 3, 3, 3), Initializer.zeros());
    Parameter bias = scope.vector("bias", Shape.of(8), Initializer.zeros());
    Parameter head = scope.matrix("head", Shape.of(10, 128), Initializer.zeros());
    Layout layout = scope.layout();
    assertThat(layout.size()).isEqualTo(8 * 27 + 8 + 1280);

    double conv = 2.0 * 5 * 8 * 4 * 4 * 27;
    double linear = 2.0 * 5 * 10 * 128;
    double silu = 5.0 * 5 * 8 * 4 * 4;
    double square = 5.0 * 10;
    double mean = 5.0 * 10;
    double forward = conv + silu + linear + square + mean;
    for (Segmentation segmentation : Segmentation.values()) {
      Trace trace = new Trace("counted", Precision.FP32);
      Tensor flat = input(trace, "flat", layout.size());
      Tensor x = input(trace, "x", 5, 3, 8, 8);
      Tensor gradient =
          trace.gradient(
              layout,
              flat,
              segmentation,
              () ->
                  x.conv2d(trace.weight(kernel), trace.weight(bias), 2, 1)
                      .silu()
                      .reshape(5, 128)
                      .linear(trace.weight(head), null)
                      .square()
                      .meanAll());
      assertThat(trace.finish(gradient).flops()).isEqualTo(3 * forward);
    }
    Trace trace = new Trace("attention", Precision.FP32);
    Tensor q = input(trace, "q", 2, 3, 16, 8);
    // Two products of [16, 8] x [8, 16] and [16, 16] x [16, 8] per head.
    assertThat(trace.finish(q.attention(q, q, false)).flops())
        .isEqualTo(2.0 * 3 * 2 * (2 * 16 * 16 * 8));
  }

  @Test
  void programTextDoesNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    try {
      String expected = text();
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));
      assertThat(text()).isEqualTo(expected);
      Locale.setDefault(Locale.forLanguageTag("de-DE"));
      assertThat(text()).isEqualTo(expected);
    } finally {
      Locale.setDefault(before);
    }
  }

  private static String text() {
    Trace trace = new Trace("locale", Precision.FP32);
    Tensor x = input(trace, "x", 1, 2, 4, 4);
    Tensor y = input(trace, "y", 2);
    trace.randomness(trace.scalar("key", DType.INT64));
    Tensor h = x.groupNorm(2, y, y, 1e-5).avgPool(2).upsampleNearest(2).mul(0.125);
    return trace.finish(h.add(trace.normal(h.shape())).conv2d(x, null, 1, 1)).text();
  }
}
