package dev.tessera.models.checkpoint;

/**
 * What a checkpoint calls its vectors: {@code kind/group/parameter}, in a file for each kind.
 *
 * @param kind of the vector: {@link #PARAMETERS}, {@link #AVERAGE} or another average, {@link
 *     #LOSS_SCALE}, or a moment of the optimiser by PyTorch's name
 * @param group whose vector it is; empty for the {@link #STATE}
 */
public record VectorName(String kind, String group) {

  public static final String PARAMETERS = "parameters";

  /** The average that samples are drawn with. */
  public static final String AVERAGE = "ema";

  /** What no optimiser touches: running statistics, a codebook. */
  public static final String STATE = "state";

  public static final String LOSS_SCALE = "loss_scale";

  /** The state vector's. */
  public static VectorName state() {
    return new VectorName(STATE, "");
  }

  /** The name of one of its tensors. */
  public String of(String parameter) {
    return prefix() + parameter;
  }

  /** What the names of its tensors begin with. */
  public String prefix() {
    return group.isEmpty() ? kind + "/" : kind + "/" + group + "/";
  }

  /** The kind of the vector that a tensor of this name is part of. */
  public static String kindOf(String tensor) {
    return tensor.substring(0, tensor.indexOf('/'));
  }

  /** The file of all vectors of a kind. */
  public static String file(String kind) {
    return kind + ".safetensors";
  }
}
