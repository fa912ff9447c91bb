package dev.tessera.models.checkpoint;

/**
 * Which model a checkpoint belongs to.
 *
 * @param architecture fingerprint of what decides the meaning of the tensors; equal fingerprints
 *     may exchange checkpoints
 * @param recipe the resolved recipe's text, one key a line
 */
public record ModelIdentity(String architecture, String recipe) {

  public ModelIdentity {
    if (architecture.isBlank()) {
      throw new IllegalArgumentException("architecture: blank (expected: a fingerprint)");
    }
  }
}
