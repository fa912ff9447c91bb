package dev.tessera.spark.inference;

import dev.tessera.datasets.image.ResizeFilter;
import dev.tessera.models.UserException;
import java.io.Serializable;
import java.util.List;

/** What turns pictures into feature vectors. */
public sealed interface FeatureSource extends Serializable {

  /** What statistics must have been made with to be compared: the same in two runs. */
  String fingerprint();

  /** The side at which it takes pictures of side {@code size}. */
  int takes(int size);

  /** Brings pictures to that side. */
  ResizeFilter resize();

  /**
   * A TorchScript file of the user's.
   *
   * @param file whose {@code forward(pictures, flags...)} returns {@code [n, features]}
   * @param checksum of its bytes
   * @param range the numbers it takes
   * @param size side it takes pictures at; 0 for as they are
   * @param resize how they are brought there
   * @param flags further arguments of its {@code forward}
   */
  record Network(
      String file,
      String checksum,
      PixelRange range,
      int size,
      ResizeFilter resize,
      List<Boolean> flags)
      implements FeatureSource {

    public Network {
      if (size < 0) {
        throw new UserException("size: " + size + " (expected: 1 or more, or 0 for as it is)");
      }
      flags = List.copyOf(flags);
    }

    @Override
    public String fingerprint() {
      return "network " + checksum + " " + range + " " + size + " " + resize + " " + flags;
    }

    @Override
    public int takes(int given) {
      return size == 0 ? given : size;
    }
  }

  /**
   * A tokenizer's encoder: mean and standard deviation over positions of each channel of the latent
   * before quantisation.
   *
   * @param checksum of its weights
   */
  record Encoder(TokenizerSpec tokenizer, String checksum) implements FeatureSource {

    @Override
    public String fingerprint() {
      return "tokenizer " + checksum;
    }

    @Override
    public int takes(int given) {
      if (given != tokenizer.height()) {
        throw new UserException(
            "The pictures have "
                + given
                + " pixels and the tokenizer was trained on "
                + tokenizer.height()
                + ": choose a tokenizer of that size, or ingest with size="
                + tokenizer.height()
                + ".");
      }
      return given;
    }

    @Override
    public ResizeFilter resize() {
      return ResizeFilter.LANCZOS;
    }
  }
}
