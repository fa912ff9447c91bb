package dev.tessera.spark.inference;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.HeunSampler;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/**
 * Draws pictures, on the thread that made it. Picture i depends on (seed, i, label) alone, and
 * always stands at place i mod batch of a full batch: the same bits however the work is divided.
 */
public final class PictureSampler implements AutoCloseable {

  private final SamplerSpec spec;
  private final Shape shape;
  private final boolean conditional;
  private final TorchRuntime runtime;
  private final HeunSampler sampler;
  private final Executable denoiser;
  private final Replays replays;
  private final Replays.Replay denoising;
  private final Executable stored;
  private final Tokenizer tokenizer;
  private final NativeTensor noise;
  private final NativeTensor noisy;
  private final NativeTensor sigma;
  private final NativeTensor guidance;
  private final NativeTensor labels;

  /**
   * For a batch now and then beside other work.
   *
   * @param weights the flat vector of the denoiser, which belongs to the caller
   */
  public PictureSampler(
      TorchRuntime runtime, Configuration conf, SamplerSpec spec, NativeTensor weights) {
    this(runtime, conf, spec, weights, Replays.called());
  }

  /**
   * As above, for batch after batch.
   *
   * @param replays of the denoiser's calls, closed with this
   */
  PictureSampler(
      TorchRuntime runtime,
      Configuration conf,
      SamplerSpec spec,
      NativeTensor weights,
      Replays replays) {
    this.runtime = runtime;
    this.spec = spec;
    this.replays = replays;
    DiffusionModel model = spec.model();
    conditional = model.classes() > 0;
    Signal signal = spec.signal();
    shape = Shape.of(spec.batch(), signal.channels(), signal.height(), signal.width());
    sampler = new HeunSampler(runtime, spec.grid(), shape);
    denoiser = runtime.load(model.denoiser(spec.batch(), spec.guided(), runtime.target()));
    stored = runtime.load(model.stored(spec.batch()));
    tokenizer =
        spec.tokenizer() == null
            ? null
            : Tokenizer.load(runtime, conf, spec.tokenizer(), spec.batch(), replays);
    noise = runtime.zeros(DType.FLOAT64, shape);
    noisy = runtime.zeros(DType.FLOAT64, shape);
    sigma = runtime.zeros(DType.FLOAT64, Shape.of());
    guidance = runtime.zeros(DType.FLOAT64, Shape.of());
    guidance.set(spec.guidance());
    labels = runtime.zeros(DType.INT64, Shape.of(spec.batch()));
    denoising = replays.of(denoiser, arguments(weights));
  }

  private List<NativeTensor> arguments(NativeTensor weights) {
    List<NativeTensor> arguments = new ArrayList<>(List.of(weights, noisy, sigma));
    if (conditional) {
      arguments.add(labels);
    }
    if (spec.guided()) {
      arguments.add(guidance);
    }
    return arguments;
  }

  /**
   * Draws one batch.
   *
   * @param firstPicture number of the first, a multiple of the batch
   * @param classes label of each picture of the batch; ignored by an unconditional model
   * @return one planar picture a row: {@code [batch][3 H W]}
   */
  public List<byte[]> draw(long seed, long firstPicture, int[] classes) {
    fillNoise(seed, firstPicture);
    labels.set(IntStream.of(classes).asLongStream().toArray());
    try (NativeTensor x = sampler.sample(this::denoise, noise);
        Results values = stored.run(x)) {
      return rows(tokenizer == null ? values.get(0) : tokenizer.decode(values.get(0)));
    }
  }

  private NativeTensor denoise(NativeTensor x, double level) {
    noisy.copyFrom(x);
    sigma.set(level);
    NativeTensor clean = runtime.zeros(DType.FLOAT64, shape);
    clean.copyFrom(denoising.run().get(0));
    return clean;
  }

  private void fillNoise(long seed, long firstPicture) {
    double[] values = new double[Math.toIntExact(shape.size())];
    int at = 0;
    Shape one = Shape.of(shape.size() / spec.batch());
    for (int i = 0; i < spec.batch(); i++) {
      for (float value : new Initializer.Normal(1).values(one, Hash.of(seed, firstPicture + i))) {
        values[at++] = value;
      }
    }
    noise.set(values);
  }

  private List<byte[]> rows(NativeTensor pictures) {
    ByteBuffer memory = pictures.hostMemory();
    int bytes = Math.toIntExact(pictures.size() / spec.batch());
    List<byte[]> rows = new ArrayList<>();
    for (int i = 0; i < spec.batch(); i++) {
      byte[] row = new byte[bytes];
      memory.get(row);
      rows.add(row);
    }
    return rows;
  }

  @Override
  public void close() {
    replays.close();
    sampler.close();
    denoiser.close();
    stored.close();
    if (tokenizer != null) {
      tokenizer.close();
    }
    List.of(noise, noisy, sigma, guidance, labels).forEach(NativeTensor::close);
  }
}
