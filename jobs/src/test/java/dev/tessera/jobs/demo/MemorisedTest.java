package dev.tessera.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemorisedTest {

  private static final int DIMENSIONS = 48;
  private static final int TRAINING = 300;

  private static Pictures random(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count * DIMENSIONS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return new Pictures(values, DIMENSIONS);
  }

  /** A lossy tokenizer: four levels, about 0.08 away from the original as the demo's is. */
  private static Pictures coarse(Pictures pictures) {
    float[] values = pictures.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = (Math.min(3, (int) (4 * values[i])) + 0.5f) / 4;
    }
    return new Pictures(values, DIMENSIONS);
  }

  private static double memorised(Pictures drawn, Pictures training) {
    Memorised memorised = new Memorised(drawn);
    memorised.search(training.slice(0, 100), 0);
    memorised.search(training.slice(100, TRAINING), 100);
    float[] neighbours = new float[drawn.values().length];
    int at = 0;
    for (long index : memorised.nearest()) {
      float[] one = training.slice((int) index, (int) index + 1).values();
      System.arraycopy(one, 0, neighbours, at, DIMENSIONS);
      at += DIMENSIONS;
    }
    return memorised.fraction(new Pictures(neighbours, DIMENSIONS), MemorisedTest::coarse);
  }

  @Test
  void aPictureLearntByHeartIsFoundAlthoughTheTokenizerChangedIt() {
    Pictures training = random(TRAINING, 1);
    Pictures copies = coarse(training.slice(90, 130));
    double squares = 0;
    for (int i = 0; i < copies.values().length; i++) {
      squares += Math.pow(copies.values()[i] - training.slice(90, 130).values()[i], 2);
    }
    assertThat(Math.sqrt(squares / copies.values().length)).isGreaterThan(Memorised.SAME);

    assertThat(memorised(copies, training)).isEqualTo(1);
  }

  @Test
  void newPicturesAreNotTakenForCopies() {
    Pictures training = random(TRAINING, 1);
    assertThat(memorised(coarse(random(40, 2)), training)).isZero();
  }

  @Test
  void aMixtureIsCounted() {
    Pictures training = random(TRAINING, 1);
    float[] values = coarse(random(40, 2)).values();
    float[] copies = coarse(training.slice(0, 10)).values();
    System.arraycopy(copies, 0, values, 7 * DIMENSIONS, copies.length);
    assertThat(memorised(new Pictures(values, DIMENSIONS), training)).isCloseTo(0.25, within(1e-9));
  }
}
