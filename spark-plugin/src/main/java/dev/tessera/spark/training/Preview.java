package dev.tessera.spark.training;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.VqganFamily;
import dev.tessera.spark.inference.SamplerSpec;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/** What rank 0 draws at a checkpoint, for people to look at; of one family. */
public interface Preview extends Serializable {

  /**
   * What draws it.
   *
   * @param table that the run trains on
   */
  Previewer open(String table, TorchRuntime runtime, Configuration conf);

  /**
   * Held-out pictures beside their reconstructions, and measures over the held-out rows.
   *
   * @param family whose pictures are reconstructed
   * @param pictures to draw
   * @param measured pictures to measure, at most
   */
  record Reconstructions(VqganFamily family, int pictures, int measured) implements Preview {
    @Override
    public Previewer open(String table, TorchRuntime runtime, Configuration conf) {
      return new ReconstructionPreviewer(this, table, runtime, conf);
    }
  }

  /** Samples of the averaged model, one batch, the classes taking turns. */
  record Samples(SamplerSpec sampler, long seed) implements Preview {
    @Override
    public Previewer open(String table, TorchRuntime runtime, Configuration conf) {
      return new SamplePreviewer(this, runtime, conf);
    }
  }
}
