package dev.tessera.spark.inference;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.StagedResults;
import dev.tessera.models.runtime.StagedTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * A tokenizer with its weights, on the thread that made it; always runs its full batch. On a GPU
 * {@link #send} returns while the device works: one batch may be sent before the one before it is
 * received.
 */
public final class Tokenizer implements AutoCloseable {

  /**
   * A batch's results in the host's memory, valid until the next {@link #send}.
   *
   * @param codes int64 {@code [batch, h w]}
   * @param latents before quantisation, float32 {@code [batch, d, h, w]}
   * @param pictures reconstructions, uint8 {@code [batch, 3, H, W]}; null if they were not asked
   *     for
   */
  public record Tokens(ByteBuffer codes, ByteBuffer latents, ByteBuffer pictures) {}

  /** A loaded program and its calls. */
  private record Call(Executable program, Replays.Replay calls) {}

  private final TorchRuntime runtime;
  private final Vqgan model;
  private final int batch;
  private final Precision precision;
  private final NativeTensor weights;
  private final NativeTensor state;
  private final Replays replays;
  private final List<Replays> ownedReplays;
  private final List<NativeTensor> ownedVectors;
  private final StagedTensor images;
  private final StagedResults results;
  private Call reconstructing;
  private Call encoding;
  private Call decoding;
  private NativeTensor latents;

  private Tokenizer(
      TorchRuntime runtime,
      Vqgan model,
      int batch,
      Precision precision,
      NativeTensor weights,
      NativeTensor state,
      Replays replays,
      List<Replays> ownedReplays,
      List<NativeTensor> ownedVectors) {
    this.runtime = runtime;
    this.model = model;
    this.batch = batch;
    this.precision = precision;
    this.weights = weights;
    this.state = state;
    this.replays = replays;
    this.ownedReplays = ownedReplays;
    this.ownedVectors = ownedVectors;
    this.images = StagedTensor.zeros(runtime, DType.UINT8, model.imageShape(batch));
    Shape latent = model.latentShape();
    long positions = latent.dim(1) * latent.dim(2);
    this.results =
        new StagedResults(
            runtime,
            List.of(
                new TensorType(DType.INT64, Shape.of(batch, positions)),
                new TensorType(DType.FLOAT32, latents(latent)),
                new TensorType(DType.UINT8, model.imageShape(batch))));
  }

  private Shape latents(Shape latent) {
    return Shape.of(batch, latent.dim(0), latent.dim(1), latent.dim(2));
  }

  /**
   * Loads a tokenizer for batch after batch.
   *
   * @param precision of its encoder and decoder; distances to the codes are float32 in each
   */
  public static Tokenizer load(
      TorchRuntime runtime,
      Configuration conf,
      TokenizerSpec spec,
      int batch,
      InferencePrecision precision) {
    Replays replays = Replays.captured(runtime);
    return load(runtime, conf, spec, batch, precision, replays, List.of(replays));
  }

  /** Loads a tokenizer whose calls are another's too, who closes {@code replays} before this. */
  static Tokenizer load(
      TorchRuntime runtime, Configuration conf, TokenizerSpec spec, int batch, Replays replays) {
    return load(runtime, conf, spec, batch, InferencePrecision.FP32, replays, List.of());
  }

  private static Tokenizer load(
      TorchRuntime runtime,
      Configuration conf,
      TokenizerSpec spec,
      int batch,
      InferencePrecision precision,
      Replays replays,
      List<Replays> ownedReplays) {
    Vqgan model = spec.model();
    StoredWeights stored = StoredWeights.open(conf, spec.checkpoint());
    NativeTensor weights = stored.group(runtime, model.layout(), VectorName.PARAMETERS);
    NativeTensor state = stored.state(runtime, model.state());
    return new Tokenizer(
        runtime,
        model,
        batch,
        precision.graph(),
        weights,
        state,
        replays,
        ownedReplays,
        List.of(weights, state));
  }

  /**
   * A tokenizer over vectors that belong to someone else: a model in training, say.
   *
   * @param replays of its calls, closed with this
   */
  public static Tokenizer over(
      TorchRuntime runtime,
      Vqgan model,
      int batch,
      InferencePrecision precision,
      NativeTensor weights,
      NativeTensor state,
      Replays replays) {
    return new Tokenizer(
        runtime,
        model,
        batch,
        precision.graph(),
        weights,
        state,
        replays,
        List.of(replays),
        List.of());
  }

  public Vqgan model() {
    return model;
  }

  public int batch() {
    return batch;
  }

  /** Batches that may be sent before one is received, for the device never to wait. */
  public int ahead() {
    return runtime.onGpu() ? 1 : 0;
  }

  /** Where the pictures of the next {@link #send} go: uint8 {@code [batch, 3, H, W]}. */
  public ByteBuffer images() {
    return images.memory();
  }

  /**
   * Gives {@link #images} to the device.
   *
   * @param reconstruct whether the codes shall be decoded again
   */
  public void send(boolean reconstruct) {
    images.send();
    Results made = encoder(reconstruct).calls.run();
    List<NativeTensor> all = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      all.add(made.get(i));
    }
    results.send(all);
  }

  /** The results of the oldest batch that was sent; waits for them. */
  public Tokens receive() {
    List<ByteBuffer> memory = results.receive();
    return new Tokens(memory.get(0), memory.get(1), memory.size() > 2 ? memory.get(2) : null);
  }

  private Call encoder(boolean reconstruct) {
    if (reconstruct && reconstructing == null) {
      reconstructing = call(model.tokenizer(batch, precision, runtime.target()), images.tensor());
    }
    if (!reconstruct && encoding == null) {
      encoding = call(model.encoder(batch, precision, runtime.target()), images.tensor());
    }
    return reconstruct ? reconstructing : encoding;
  }

  private Call call(Program program, NativeTensor input) {
    Executable loaded = runtime.load(program);
    return new Call(loaded, replays.of(loaded, List.of(weights, state, input)));
  }

  /**
   * Decodes latents float32 {@code [batch, d, h, w]}, in float32.
   *
   * @return uint8 {@code [batch, 3, H, W]}, valid until the next call
   */
  public NativeTensor decode(NativeTensor given) {
    if (decoding == null) {
      latents = runtime.zeros(DType.FLOAT32, latents(model.latentShape()));
      decoding = call(model.decoder(batch, runtime.target()), latents);
    }
    latents.copyFrom(given);
    return decoding.calls.run().get(0);
  }

  @Override
  public void close() {
    ownedReplays.forEach(Replays::close);
    for (Call call : new Call[] {reconstructing, encoding, decoding}) {
      if (call != null) {
        call.program.close();
      }
    }
    images.close();
    results.close();
    if (latents != null) {
      latents.close();
    }
    ownedVectors.forEach(NativeTensor::close);
  }
}
