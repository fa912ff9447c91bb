package dev.tessera.spark.training;

import dev.tessera.models.train.TrainingState;
import java.util.List;

/** Draws a {@link Preview} of the model in training. */
public interface Previewer extends AutoCloseable {

  /** Messages with what was drawn and measured. */
  List<TrainingMessage> draw(TrainingState state);

  @Override
  void close();
}
