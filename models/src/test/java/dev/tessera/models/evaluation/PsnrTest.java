package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PsnrTest {

  @Test
  void identicalImagesAreAtInfinityAndNoneAtNaN() {
    Psnr psnr = new Psnr(2, 2);
    assertThat(psnr.result()).isNaN();
    psnr.accumulate(new float[] {0.5f, -1}, new float[] {0.5f, -1});
    assertThat(psnr.result()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void aConstantShiftHasItsClosedForm() {
    float[] black = new float[300];
    float[] shifted = new float[300];
    Arrays.fill(shifted, 0.25f);
    Psnr psnr = new Psnr(300, 1);
    psnr.accumulate(black, shifted);
    assertThat(psnr.result()).isCloseTo(20 * Math.log10(4), within(1e-12));
    Psnr bytes = new Psnr(300, 255);
    Arrays.fill(shifted, 25.5f);
    bytes.accumulate(black, shifted);
    assertThat(bytes.result()).isCloseTo(20, within(1e-12));
  }

  @Test
  void anyPartitionInAnyOrderGivesTheSameBits() {
    Random random = new Random(1);
    float[][] images = Images.uniform(random, 60, 48);
    float[][] others = Images.uniform(random, 60, 48);
    others[7] = images[7];
    Psnr whole = new Psnr(48, 1);
    whole.accumulate(Images.joined(images), Images.joined(others));
    for (int parts = 1; parts < 20; parts++) {
      Psnr[] partial = new Psnr[parts];
      Arrays.setAll(partial, i -> new Psnr(48, 1));
      List<Integer> order = IntStream.range(0, images.length).boxed().toList();
      order = new java.util.ArrayList<>(order);
      Collections.shuffle(order, random);
      for (int i : order) {
        partial[random.nextInt(parts)].accumulate(images[i], others[i]);
      }
      Psnr merged = new Psnr(48, 1);
      Arrays.stream(partial).forEach(merged::merge);
      assertThat(merged.result()).isEqualTo(whole.result());
    }
  }

  @Test
  void aBrokenImageMakesTheResultNaN() {
    Psnr psnr = new Psnr(1, 1);
    psnr.accumulate(new float[] {0}, new float[] {Float.NaN});
    psnr.accumulate(new float[] {0}, new float[] {1});
    assertThat(psnr.result()).isNaN();
  }

  @Test
  void wrongArgumentsAreRefused() {
    assertThatThrownBy(() -> new Psnr(1, 0)).hasMessage("range: 0.0 (expected: more than 0)");
    assertThatThrownBy(() -> new Psnr(1, 1).accumulate(new float[2], new float[3]))
        .hasMessage("image: 3 values (expected: 2)");
  }
}
