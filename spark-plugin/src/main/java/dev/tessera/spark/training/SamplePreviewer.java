package dev.tessera.spark.training;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.TrainingState;
import dev.tessera.spark.inference.PictureSampler;
import dev.tessera.spark.inference.SamplerSpec;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** One batch of samples of the averaged model, always from the same noise. */
final class SamplePreviewer implements Previewer {

  private final Preview.Samples wanted;
  private final TorchRuntime runtime;
  private final Configuration conf;
  private PictureSampler sampler;

  SamplePreviewer(Preview.Samples wanted, TorchRuntime runtime, Configuration conf) {
    this.wanted = wanted;
    this.runtime = runtime;
    this.conf = conf;
  }

  @Override
  public List<TrainingMessage> draw(TrainingState state) {
    SamplerSpec spec = wanted.sampler();
    if (sampler == null) {
      sampler = new PictureSampler(runtime, conf, spec, state.average(DiffusionModel.DENOISER));
    }
    int classes = Math.max(1, spec.classes());
    int[] labels = IntStream.range(0, spec.batch()).map(i -> i % classes).toArray();
    List<byte[]> pictures = sampler.draw(wanted.seed(), 0, labels);
    int factor = spec.tokenizer() == null ? 1 : spec.tokenizer().height() / spec.signal().height();
    return List.of(
        new TrainingMessage.Drawn(
            TrainingMessage.Drawn.Kind.SAMPLES,
            state.images(),
            spec.signal().height() * factor,
            spec.signal().width() * factor,
            pictures));
  }

  @Override
  public void close() {
    if (sampler != null) {
      sampler.close();
    }
  }
}
