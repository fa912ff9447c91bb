package dev.tessera.spark.inference;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.Chain;
import dev.tessera.models.diffusion.sampler.Denoiser;
import dev.tessera.models.diffusion.sampler.Guided;
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
import java.util.Optional;
import java.util.function.DoubleFunction;
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
  private final boolean learnsVariance;
  private final TorchRuntime runtime;
  private final Chain chain;
  private final Executable denoiser;
  private final Executable guided;
  private final Reference reference;
  private final Denoiser model;
  private final Replays replays;
  private final Replays.Replay denoising;
  private final Replays.Replay guiding;
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
    DiffusionModel own = spec.model();
    conditional = own.classes() > 0;
    learnsVariance = own.recipe().learnsVariance();
    Signal signal = spec.signal();
    shape = Shape.of(spec.batch(), signal.channels(), signal.height(), signal.width());
    chain = new Chain(runtime, shape);
    denoiser = runtime.load(own.denoiser(spec.batch(), false, spec.clip(), runtime.target()));
    guided =
        spec.classifierFree()
            ? runtime.load(own.denoiser(spec.batch(), true, spec.clip(), runtime.target()))
            : null;
    stored = runtime.load(own.stored(spec.batch()));
    tokenizer =
        spec.tokenizer() == null
            ? null
            : Tokenizer.load(runtime, conf, spec.tokenizer(), spec.batch(), replays);
    noise = runtime.zeros(DType.FLOAT64, shape);
    noisy = runtime.zeros(DType.FLOAT64, shape);
    sigma = runtime.zeros(DType.FLOAT64, Shape.of());
    guidance = runtime.zeros(DType.FLOAT64, Shape.of());
    guidance.set(spec.guidance().weight());
    labels = runtime.zeros(DType.INT64, Shape.of(spec.batch()));
    denoising = replays.of(denoiser, arguments(weights, false));
    guiding = guided == null ? null : replays.of(guided, arguments(weights, true));
    reference = spec.guide() == null || !spec.guidance().guides() ? null : new Reference(conf);
    model = reference == null ? new Calls(this::own) : reference.combined;
  }

  /** Another model that guides. */
  private final class Reference implements AutoCloseable {

    private final NativeTensor weights;
    private final Executable program;
    private final Replays.Replay calls;
    private final Guided combined;

    private Reference(Configuration conf) {
      DiffusionModel model = spec.guide().model();
      weights =
          StoredWeights.open(conf, spec.guide().checkpoint())
              .group(runtime, model.layout(), VectorName.AVERAGE);
      program = runtime.load(model.denoiser(spec.batch(), false, spec.clip(), runtime.target()));
      List<NativeTensor> arguments = new ArrayList<>(List.of(weights, noisy, sigma));
      if (model.classes() > 0) {
        arguments.add(labels);
      }
      calls = replays.of(program, arguments);
      combined =
          new Guided(
              runtime,
              shape,
              new Calls(level -> denoising),
              new Calls(level -> calls),
              spec.guidance());
    }

    @Override
    public void close() {
      combined.close();
      program.close();
      weights.close();
    }
  }

  private List<NativeTensor> arguments(NativeTensor weights, boolean withGuidance) {
    List<NativeTensor> arguments = new ArrayList<>(List.of(weights, noisy, sigma));
    if (conditional) {
      arguments.add(labels);
    }
    if (withGuidance) {
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
    fill(noise, seed, firstPicture, 0);
    labels.set(IntStream.of(classes).asLongStream().toArray());
    try (NativeTensor x =
            chain.sample(
                spec.drawing().sampler(),
                model,
                spec.drawing().sigmas(),
                noise,
                draw -> drawn(seed, firstPicture, draw));
        Results values = stored.run(x)) {
      return rows(tokenizer == null ? values.get(0) : tokenizer.decode(values.get(0)));
    }
  }

  private Replays.Replay own(double level) {
    boolean guide = guiding != null && spec.guidance().guides(level);
    return guide ? guiding : denoising;
  }

  /** A model's program, whichever serves a level. */
  private final class Calls implements Denoiser {

    private final DoubleFunction<Replays.Replay> program;

    Calls(DoubleFunction<Replays.Replay> program) {
      this.program = program;
    }

    @Override
    public NativeTensor denoise(NativeTensor x, double level) {
      return copied(told(x, level).get(0));
    }

    @Override
    public Optional<Estimate> estimate(NativeTensor x, double level) {
      if (!learnsVariance) {
        return Optional.empty();
      }
      Results told = told(x, level);
      return Optional.of(new Estimate(copied(told.get(0)), copied(told.get(1))));
    }

    private Results told(NativeTensor x, double level) {
      noisy.copyFrom(x);
      sigma.set(level);
      return program.apply(level).run();
    }

    private NativeTensor copied(NativeTensor output) {
      NativeTensor copy = runtime.zeros(DType.FLOAT64, shape);
      copy.copyFrom(output);
      return copy;
    }
  }

  private NativeTensor drawn(long seed, long firstPicture, int draw) {
    NativeTensor drawn = runtime.zeros(DType.FLOAT64, shape);
    fill(drawn, seed, firstPicture, draw + 1);
    return drawn;
  }

  /** Normal numbers of each picture's own: the start is draw 0. */
  private void fill(NativeTensor target, long seed, long firstPicture, int draw) {
    double[] values = new double[Math.toIntExact(shape.size())];
    int at = 0;
    Shape one = Shape.of(shape.size() / spec.batch());
    for (int i = 0; i < spec.batch(); i++) {
      long picture = Hash.of(seed, firstPicture + i);
      long key = draw == 0 ? picture : Hash.of(picture, draw);
      for (float value : new Initializer.Normal(1).values(one, key)) {
        values[at++] = value;
      }
    }
    target.set(values);
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
    chain.close();
    denoiser.close();
    if (reference != null) {
      reference.close();
    }
    if (guided != null) {
      guided.close();
    }
    stored.close();
    if (tokenizer != null) {
      tokenizer.close();
    }
    List.of(noise, noisy, sigma, guidance, labels).forEach(NativeTensor::close);
  }
}
