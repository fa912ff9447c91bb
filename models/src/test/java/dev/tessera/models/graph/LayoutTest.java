package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LayoutTest {

  private static Scope model(boolean wider) {
    Scope root = Scope.group("generator");
    root.vector("scale", Shape.of(3), Initializer.ones());
    root.matrix("in.weight", Shape.of(4, 3), Initializer.fanIn(3));
    for (int i = 0; i < 2; i++) {
      Scope block = root.child("blocks").segment(Integer.toString(i));
      block.child("norm").vector("bias", Shape.of(5), new Initializer.Normal(0.5));
      block.matrix("weight", Shape.of(5, wider ? 7 : 5), Initializer.xavier(5, 5));
      block.vector("bias", Shape.of(), Initializer.zeros());
    }
    root.matrix("out.weight", Shape.of(2, 5), new Initializer.Normal(2));
    return root;
  }

  @Test
  void segmentsFollowOneAnotherAndMatricesStandBeforeVectors() {
    Layout layout = model(false).layout();
    assertThat(layout.runs())
        .extracting(Layout.Run::segment, Layout.Run::kind, Layout.Run::offset, Layout.Run::size)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("", Parameter.Kind.MATRIX, 0L, 22L),
            org.assertj.core.groups.Tuple.tuple("", Parameter.Kind.VECTOR, 22L, 3L),
            org.assertj.core.groups.Tuple.tuple("blocks.0", Parameter.Kind.MATRIX, 25L, 25L),
            org.assertj.core.groups.Tuple.tuple("blocks.0", Parameter.Kind.VECTOR, 50L, 6L),
            org.assertj.core.groups.Tuple.tuple("blocks.1", Parameter.Kind.MATRIX, 56L, 25L),
            org.assertj.core.groups.Tuple.tuple("blocks.1", Parameter.Kind.VECTOR, 81L, 6L));
    assertThat(layout.size()).isEqualTo(87);
    assertThat(layout.slices().keySet())
        .containsExactly(
            "in.weight",
            "out.weight",
            "scale",
            "blocks.0.weight",
            "blocks.0.norm.bias",
            "blocks.0.bias",
            "blocks.1.weight",
            "blocks.1.norm.bias",
            "blocks.1.bias");
    long next = 0;
    for (Layout.Slice slice : layout.slices().values()) {
      assertThat(slice.offset()).isEqualTo(next);
      next += slice.size();
    }
    assertThat(next).isEqualTo(layout.size());
  }

  @Test
  void aNameIsDeclaredOnce() {
    Scope root = model(false);
    assertThatThrownBy(
            () -> root.child("blocks").child(0).vector("bias", Shape.of(1), Initializer.ones()))
        .hasMessage("name: blocks.0.bias (expected: declared once a group)");
    Scope.group("critic").child("blocks").vector("scale", Shape.of(1), Initializer.ones());
  }

  @Test
  void aParametersFirstValuesDependOnSeedAndNameAlone() {
    Layout small = model(false).layout();
    Layout wide = model(true).layout();
    float[] a = values(small, 1);
    float[] b = values(wide, 1);
    assertThat(values(small, 1)).isEqualTo(a);
    for (Layout.Slice slice : small.slices().values()) {
      Layout.Slice other = wide.slices().get(slice.parameter().name());
      if (slice.size() == other.size()) {
        assertThat(part(b, other)).as(slice.toString()).isEqualTo(part(a, slice));
      }
    }
    float[] c = values(small, 2);
    assertThat(part(c, small.slices().get("out.weight")))
        .isNotEqualTo(part(a, small.slices().get("out.weight")));
    assertThat(part(a, small.slices().get("blocks.0.weight")))
        .isNotEqualTo(part(a, small.slices().get("blocks.1.weight")));
    assertThatThrownBy(() -> small.initialize(1, ByteBuffer.allocate(87 * 4 - 1)))
        .hasMessage("flat: 347 bytes (expected: 348)");
  }

  @Test
  void initializersFollowTheirLaws() {
    int n = 100_000;
    Shape shape = Shape.of(n);
    float[] normal = new Initializer.Normal(3).values(shape, 7);
    double mean = IntStream.range(0, n).mapToDouble(i -> normal[i]).average().orElseThrow();
    double square =
        IntStream.range(0, n)
            .mapToDouble(i -> (double) normal[i] * normal[i])
            .average()
            .orElseThrow();
    assertThat(mean).isCloseTo(0, within(4 * 3 / Math.sqrt(n)));
    assertThat(square).isCloseTo(9, within(4 * 9 * Math.sqrt(2.0 / n)));
    float[] uniform = Initializer.fanIn(4).values(shape, 7);
    double variance =
        IntStream.range(0, n)
            .mapToDouble(i -> (double) uniform[i] * uniform[i])
            .average()
            .orElseThrow();
    assertThat(variance).isCloseTo(1 / 12.0, within(0.002));
    for (float value : uniform) {
      assertThat(Math.abs(value)).isLessThanOrEqualTo(0.5f);
    }
    float bound = (float) Math.sqrt(6.0 / 8);
    float[] xavier = Initializer.xavier(3, 5).values(Shape.of(1000), 1);
    float most = 0;
    for (float value : xavier) {
      most = Math.max(most, Math.abs(value));
    }
    assertThat(most).isBetween(0.97f * bound, bound);
    assertThat(Initializer.zeros().values(Shape.of(2), 1)).containsExactly(0, 0);
    assertThat(new Initializer.Normal(1).values(Shape.of(3), 1)).hasSize(3);
  }

  private static float[] values(Layout layout, long seed) {
    ByteBuffer flat =
        ByteBuffer.allocate((int) layout.size() * Float.BYTES).order(ByteOrder.nativeOrder());
    layout.initialize(seed, flat);
    float[] values = new float[(int) layout.size()];
    flat.asFloatBuffer().get(values);
    return values;
  }

  private static float[] part(float[] flat, Layout.Slice slice) {
    return Arrays.copyOfRange(flat, (int) slice.offset(), (int) (slice.offset() + slice.size()));
  }
}
