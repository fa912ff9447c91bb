package dev.tessera.spark.training;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.TrainingState;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Draws what a plan wants to see at a checkpoint. */
interface Previewer extends AutoCloseable {

  /** Messages with what was drawn and measured. */
  List<TrainingMessage> draw(TrainingState state);

  @Override
  void close();

  static Previewer of(TrainingPlan plan, TorchRuntime runtime, Configuration conf) {
    if (plan.preview() instanceof Preview.Reconstructions wanted
        && plan.family() instanceof Family.Tokenizer family) {
      return new ReconstructionPreviewer(plan, wanted, family, runtime, conf);
    }
    if (plan.preview() instanceof Preview.Samples wanted) {
      return new SamplePreviewer(wanted, runtime, conf);
    }
    throw new IllegalArgumentException(
        "preview: " + plan.preview() + " (expected: one of a " + plan.family() + ")");
  }
}
