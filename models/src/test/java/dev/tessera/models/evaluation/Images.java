package dev.tessera.models.evaluation;

import java.util.Random;

/** Seeded values for tests. */
final class Images {

  private Images() {}

  static float[][] uniform(Random random, int count, int dimensions) {
    float[][] images = new float[count][];
    for (int i = 0; i < count; i++) {
      images[i] = uniform(random, dimensions);
    }
    return images;
  }

  static float[] uniform(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  static float[] normal(Random random, int length, double mean, double deviation) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return values;
  }

  static float[] joined(float[][] images) {
    float[] all = new float[images.length * images[0].length];
    for (int i = 0; i < images.length; i++) {
      System.arraycopy(images[i], 0, all, i * images[0].length, images[0].length);
    }
    return all;
  }
}
