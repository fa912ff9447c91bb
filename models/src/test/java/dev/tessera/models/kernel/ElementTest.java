package dev.tessera.models.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ElementTest {

  private static final List<Element> SHORT = List.of(Element.FLOAT16, Element.BFLOAT16);

  @Test
  void everyPatternOfSixteenBitsIsReadAndWrittenBack() {
    for (Element element : SHORT) {
      try (Memory memory = new Memory(2)) {
        for (int bits = 0; bits < 1 << 16; bits++) {
          memory.setShort(0, (short) bits);
          double[] value = element.read(Pointer.nativeValue(memory), 1);
          element.write(Pointer.nativeValue(memory), value);
          if (Double.isNaN(value[0])) {
            assertThat(element.read(Pointer.nativeValue(memory), 1)[0]).isNaN();
          } else {
            assertThat(memory.getShort(0)).isEqualTo((short) bits);
          }
        }
      }
    }
  }

  @Test
  void numbersAreRoundedToTheNearest() {
    SplittableRandom random = new SplittableRandom(1);
    for (Element element : SHORT) {
      int places = element == Element.FLOAT16 ? 11 : 8;
      for (int i = 0; i < 10_000; i++) {
        double value = random.nextGaussian() * Math.scalb(1.0, random.nextInt(-12, 12));
        // Below the least normal number steps no longer shrink.
        int least = element == Element.FLOAT16 ? -14 : -126;
        double ulp = Math.scalb(1.0, Math.max(least, Math.getExponent(value)) - places + 1);
        assertThat(Math.abs(written(element, value) - value)).isLessThanOrEqualTo(ulp / 2);
      }
    }
    // Ties go to the even neighbour; what is too large is infinite.
    assertThat(written(Element.FLOAT16, 2049)).isEqualTo(2048);
    assertThat(written(Element.FLOAT16, 2051)).isEqualTo(2052);
    assertThat(written(Element.BFLOAT16, 257)).isEqualTo(256);
    assertThat(written(Element.BFLOAT16, 259)).isEqualTo(260);
    assertThat(written(Element.FLOAT16, 65519)).isEqualTo(65504);
    assertThat(written(Element.FLOAT16, -65520)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(written(Element.FLOAT16, 0x1p-24)).isEqualTo(0x1p-24);
    assertThat(written(Element.FLOAT16, 0x1p-26)).isZero();
    assertThat(written(Element.BFLOAT16, 1e39)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  private static double written(Element element, double value) {
    try (Memory memory = new Memory(2)) {
      element.write(Pointer.nativeValue(memory), new double[] {value});
      return element.read(Pointer.nativeValue(memory), 1)[0];
    }
  }
}
