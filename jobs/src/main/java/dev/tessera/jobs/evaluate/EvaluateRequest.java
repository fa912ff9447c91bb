package dev.tessera.jobs.evaluate;

import dev.tessera.models.UserException;
import java.util.Optional;

/**
 * What {@code evaluate} is to compare.
 *
 * @param input table of the pictures to be judged
 * @param reference table of the pictures to compare with
 * @param referenceStatistics file of statistics to compare with
 * @param features TorchScript file of the network that gives features
 * @param tokenizer checkpoint whose encoder gives features
 * @param classifier TorchScript file of the network that gives classes
 * @param saveStatistics new file for the reference's statistics, or the input's if there is no
 *     reference
 */
public record EvaluateRequest(
    Optional<String> input,
    Optional<String> reference,
    Optional<String> referenceStatistics,
    Optional<String> features,
    Optional<String> tokenizer,
    Optional<String> classifier,
    Optional<String> saveStatistics,
    EvaluateSettings settings) {

  public EvaluateRequest {
    exclude("--reference", reference, "--reference-statistics", referenceStatistics);
    exclude("--features", features, "--tokenizer", tokenizer);
    boolean source = features.isPresent() || tokenizer.isPresent();
    if (saveStatistics.isPresent() && !source) {
      throw new UserException(
          "--save-statistics: statistics of nothing (expected: --features FILE or --tokenizer"
              + " CHECKPOINT with it)");
    }
    if (saveStatistics.isPresent() && referenceStatistics.isPresent()) {
      throw new UserException(
          "--save-statistics: the reference is a file of statistics already (expected: --reference"
              + " TABLE with it)");
    }
    if (referenceStatistics.isPresent() && !source) {
      throw new UserException(
          "--reference-statistics: needs the features that it was made with (expected: --features"
              + " FILE or --tokenizer CHECKPOINT)");
    }
    if (input.isEmpty() && (saveStatistics.isEmpty() || reference.isEmpty())) {
      throw new UserException(
          "--input: missing (expected: a table of pictures; without it only --reference with"
              + " --save-statistics)");
    }
  }

  private static void exclude(
      String one, Optional<String> first, String other, Optional<String> second) {
    if (first.isPresent() && second.isPresent()) {
      throw new UserException(one + " and " + other + " exclude each other: give one of them.");
    }
  }

  boolean hasFeatures() {
    return features.isPresent() || tokenizer.isPresent();
  }

  boolean hasReference() {
    return reference.isPresent() || referenceStatistics.isPresent();
  }
}
