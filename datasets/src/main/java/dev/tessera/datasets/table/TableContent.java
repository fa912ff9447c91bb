package dev.tessera.datasets.table;

import java.util.List;
import java.util.Map;

/**
 * What a manifest says beside its files: everything that the writing job knows and the commit does
 * not. See {@link TableManifest} for the fields.
 */
public record TableContent(
    int imageSize,
    List<String> classNames,
    CodeInfo codes,
    LatentInfo latents,
    Reconstruction reconstruction,
    Map<String, String> provenance) {

  /** An image or sample table. */
  public static TableContent images(
      int imageSize, List<String> classNames, Map<String, String> provenance) {
    return new TableContent(imageSize, classNames, null, null, null, provenance);
  }

  /** A code table. */
  public static TableContent codes(
      int imageSize,
      List<String> classNames,
      CodeInfo codes,
      Reconstruction reconstruction,
      Map<String, String> provenance) {
    return new TableContent(imageSize, classNames, codes, null, reconstruction, provenance);
  }

  /** A latent table. */
  public static TableContent latents(
      int imageSize,
      List<String> classNames,
      LatentInfo latents,
      Reconstruction reconstruction,
      Map<String, String> provenance) {
    return new TableContent(imageSize, classNames, null, latents, reconstruction, provenance);
  }
}
