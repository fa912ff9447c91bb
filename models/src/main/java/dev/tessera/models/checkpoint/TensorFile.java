package dev.tessera.models.checkpoint;

import java.util.List;

/**
 * One file of a checkpoint to write.
 *
 * @param name file name, such as {@code parameters.safetensors}
 * @param tensors what it will hold
 */
public record TensorFile(String name, List<NamedTensor> tensors) {

  public TensorFile {
    requireName(name);
    tensors = List.copyOf(tensors);
  }

  /** A name that stays within its directory and that no listing hides. */
  static void requireName(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors")) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: letters, digits, '.', '_', '-' and .safetensors)");
    }
  }
}
