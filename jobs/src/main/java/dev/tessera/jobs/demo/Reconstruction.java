package dev.tessera.jobs.demo;

import dev.tessera.jobs.train.Trained;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.inference.InferencePrecision;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.Tokenizer;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;

/** Pictures as a trained tokenizer gives them back. */
record Reconstruction(Configuration conf, String run) implements UnaryOperator<Pictures> {

  private static final int BATCH = 50;

  @Override
  public Pictures apply(Pictures pictures) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, run);
    Trained.TrainedTokenizer trained = Trained.tokenizer(checkpoint);
    float[] rebuilt = new float[pictures.values().length];
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Tokenizer tokenizer =
            Tokenizer.load(
                runtime,
                conf,
                trained.spec(checkpoint.path().toString()),
                BATCH,
                InferencePrecision.FP32)) {
      for (int first = 0; first < pictures.count(); first += BATCH) {
        int from = first * pictures.dimensions();
        int length = Math.min(BATCH, pictures.count() - first) * pictures.dimensions();
        ByteBuffer target = tokenizer.images();
        for (int i = from; i < from + length; i++) {
          target.put((byte) Math.round(255 * pictures.values()[i]));
        }
        tokenizer.send(true);
        copy(tokenizer.receive().pictures(), rebuilt, from, length);
      }
    }
    return new Pictures(rebuilt, pictures.dimensions());
  }

  private static void copy(ByteBuffer source, float[] target, int from, int length) {
    for (int i = from; i < from + length; i++) {
      target[i] = (source.get() & 0xff) / 255f;
    }
  }
}
