package dev.tessera.jobs.gallery;

import dev.tessera.models.graph.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A density of two dimensions that looks like a tree: strokes that fork and thin, normal across and
 * at their ends. After the toy of Karras et al. (2024), with branches of our own.
 */
final class Tree {

  private static final int FORKS = 2;
  private static final double SHORTER = 0.9;
  private static final double THINNER = 0.85;

  /** From (x, y) by (dx, dy). */
  private record Stroke(double x, double y, double dx, double dy, double width, double weight) {}

  private final List<Stroke> strokes = new ArrayList<>();
  private final long seed;
  private double weight;

  Tree(long seed) {
    this.seed = seed;
    grow(new SplittableRandom(seed), 0, -1.1, Math.PI / 2, 0.8, 0.05, 0);
  }

  private void grow(
      SplittableRandom random,
      double x,
      double y,
      double angle,
      double length,
      double width,
      int forks) {
    double dx = length * Math.cos(angle);
    double dy = length * Math.sin(angle);
    double heavy = length * Math.sqrt(width);
    strokes.add(new Stroke(x, y, dx, dy, width, heavy));
    weight += heavy;
    if (forks == FORKS) {
      return;
    }
    for (int side = -1; side <= 1; side += 2) {
      double turn = side * (0.52 + 0.14 * random.nextDouble());
      double shorter = SHORTER * (0.9 + 0.2 * random.nextDouble());
      grow(random, x + dx, y + dy, angle + turn, length * shorter, width * THINNER, forks + 1);
    }
  }

  /** Sample {@code number}, the same whenever it is asked for. */
  float[] sample(long number) {
    SplittableRandom random = new SplittableRandom(Hash.of(seed, number));
    double left = random.nextDouble() * weight;
    Stroke stroke = strokes.get(strokes.size() - 1);
    for (Stroke candidate : strokes) {
      left -= candidate.weight();
      if (left < 0) {
        stroke = candidate;
        break;
      }
    }
    double along = random.nextDouble();
    double radius = stroke.width() * Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
    double angle = 2 * Math.PI * random.nextDouble();
    return new float[] {
      (float) (stroke.x() + along * stroke.dx() + radius * Math.cos(angle)),
      (float) (stroke.y() + along * stroke.dy() + radius * Math.sin(angle))
    };
  }

  /** Samples {@code first, first + 1, ...}: {@code [count][2]}. */
  float[] samples(long first, int count) {
    float[] values = new float[2 * count];
    for (int i = 0; i < count; i++) {
      System.arraycopy(sample(first + i), 0, values, 2 * i, 2);
    }
    return values;
  }
}
