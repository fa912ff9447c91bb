package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Shape;
import java.io.Serializable;

/** Along which directions v the trace of a Jacobian is the mean of {@code v' J v}. */
public sealed interface TraceEstimate extends Serializable {

  /** Directions a picture. */
  int probes(int elements);

  /** Refuses pictures of too many elements. */
  default void check(int elements) {}

  /**
   * One direction, the same whenever it is asked for.
   *
   * @param picture the number of the picture
   * @param probe from 0
   */
  double[] direction(int elements, long seed, long picture, int probe);

  /** All axes: exact, a call for each element. */
  record Exact() implements TraceEstimate {

    /** More elements than this are hours of work for a picture. */
    private static final int MOST = 4096;

    @Override
    public void check(int elements) {
      if (elements > MOST) {
        throw new IllegalArgumentException(
            "trace: exact, of "
                + elements
                + " elements (expected: hutchinson above "
                + MOST
                + " elements)");
      }
    }

    @Override
    public int probes(int elements) {
      return elements;
    }

    @Override
    public double[] direction(int elements, long seed, long picture, int probe) {
      double[] axis = new double[elements];
      axis[probe] = Math.sqrt(elements);
      return axis;
    }
  }

  /**
   * Random directions, kept while a flow is followed (Hutchinson 1990; Grathwohl et al. 2019).
   *
   * @param probes directions a picture
   * @param direction their law
   */
  record Hutchinson(int probes, Loss.Direction direction) implements TraceEstimate {

    public Hutchinson {
      if (probes < 1) {
        throw new IllegalArgumentException("probes: " + probes + " (expected: 1 or more)");
      }
    }

    public static Hutchinson defaults() {
      return new Hutchinson(1, Loss.Direction.RADEMACHER);
    }

    @Override
    public int probes(int elements) {
      return probes;
    }

    @Override
    public double[] direction(int elements, long seed, long picture, int probe) {
      float[] normal =
          new Initializer.Normal(1).values(Shape.of(elements), Hash.of(seed, picture, probe));
      double squares = 0;
      for (float v : normal) {
        squares += (double) v * v;
      }
      double[] values = new double[elements];
      for (int i = 0; i < elements; i++) {
        values[i] =
            switch (direction) {
              case RADEMACHER -> normal[i] < 0 ? -1 : 1;
              case NORMAL -> normal[i];
              case SPHERE -> normal[i] * Math.sqrt(elements / squares);
            };
      }
      return values;
    }
  }
}
