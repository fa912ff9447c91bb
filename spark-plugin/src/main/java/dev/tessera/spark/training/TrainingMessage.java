package dev.tessera.spark.training;

import dev.tessera.models.train.StepReport;
import dev.tessera.spark.barrier.RecoveryPart;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** What ranks tell the driver. */
public sealed interface TrainingMessage extends Serializable {

  /**
   * A rank is through with a part of its preparation, from every rank and in order; after {@link
   * RecoveryPart#STATE} it has all that its first step needs.
   */
  record Prepared(RecoveryPart part) implements TrainingMessage {}

  /** Steps done, in order; from rank 0. */
  record Steps(List<StepReport> reports) implements TrainingMessage {}

  /** A rank's totals in this attempt. */
  record Totals(long steps, long images, long bytesSent, double communicationSeconds)
      implements TrainingMessage {}

  /** A file beside the checkpoints, for the driver to find and remove; from rank 0. */
  record Placed(String path, String host) implements TrainingMessage {}

  /** A complete checkpoint; from rank 0. */
  record CheckpointWritten(String path, long step, long images) implements TrainingMessage {}

  /** Measures on held-out rows; from rank 0. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  record Evaluated(long step, long images, Map<String, Double> values, long[] codebook)
      implements TrainingMessage {}

  /** Pictures as planar rows of {@code 3 H W} bytes; from rank 0. */
  record Drawn(Kind kind, long images, int height, int width, List<byte[]> pictures)
      implements TrainingMessage {

    /** What the pictures are. */
    public enum Kind {
      SAMPLES,
      /** Originals, each followed by its reconstruction. */
      RECONSTRUCTIONS
    }
  }
}
