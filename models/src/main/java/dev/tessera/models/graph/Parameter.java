package dev.tessera.models.graph;

/**
 * A named tensor of a group: a slice of the group's flat vector.
 *
 * @param group the group, for instance {@code generator}
 * @param name path within the group, for instance {@code encoder.down.0.conv.weight}
 * @param segment the segment whose run holds it
 * @param kind which run of the segment
 * @param shape of the tensor, stored row-major as float32
 * @param parts linear maps of the same input that stand one above another in it, such as queries,
 *     keys and values; 1 for one map
 * @param initializer of its first values
 */
public record Parameter(
    String group,
    String name,
    String segment,
    Kind kind,
    Shape shape,
    int parts,
    Initializer initializer) {

  public Parameter {
    if (parts < 1 || (parts > 1 && shape.dim(0) % parts != 0)) {
      throw new IllegalArgumentException(
          "parts: " + parts + " (expected: 1 or more, a divisor of the rows of " + shape + ")");
    }
  }

  /** The runs of a segment. */
  public enum Kind {
    /** Weights of matrix products and convolutions: cast to the compute type, decayed. */
    MATRIX,
    /** Biases, scales, embeddings of one dimension: kept in fp32, not decayed. */
    VECTOR,
    /**
     * Weights {@code [out, ...]} of matrix products and convolutions of which each row, all that
     * belongs to one output, has root mean square 1 (Karras et al. 2024, forced weight
     * normalisation): every update normalises rows again. Kept in fp32, in which programs normalise
     * them before they are cast, and not decayed.
     */
    UNIT_ROWS
  }

  @Override
  public String toString() {
    return group + "/" + name + shape;
  }
}
