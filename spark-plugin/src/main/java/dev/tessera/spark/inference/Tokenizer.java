package dev.tessera.spark.inference;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/** A tokenizer with its weights, on the thread that made it; always runs its full batch. */
public final class Tokenizer implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Vqgan model;
  private final int batch;
  private final NativeTensor weights;
  private final NativeTensor state;
  private final boolean ownsWeights;
  private final NativeTensor images;
  private Executable encoder;
  private Executable decoder;

  private Tokenizer(
      TorchRuntime runtime,
      Vqgan model,
      int batch,
      NativeTensor weights,
      NativeTensor state,
      boolean ownsWeights) {
    this.runtime = runtime;
    this.model = model;
    this.batch = batch;
    this.weights = weights;
    this.state = state;
    this.ownsWeights = ownsWeights;
    Shape image = model.imageShape(batch);
    this.images = runtime.zeros(DType.UINT8, image);
  }

  /** Loads a tokenizer. */
  public static Tokenizer load(
      TorchRuntime runtime, Configuration conf, TokenizerSpec spec, int batch) {
    Vqgan model = spec.model();
    StoredWeights stored = StoredWeights.open(conf, spec.checkpoint());
    NativeTensor weights = stored.group(runtime, model.layout(), "parameters");
    NativeTensor state = stored.state(runtime, model.state());
    return new Tokenizer(runtime, model, batch, weights, state, true);
  }

  /** A tokenizer over vectors that belong to someone else: a model in training. */
  public static Tokenizer over(
      TorchRuntime runtime, Vqgan model, int batch, NativeTensor weights, NativeTensor state) {
    return new Tokenizer(runtime, model, batch, weights, state, false);
  }

  public Vqgan model() {
    return model;
  }

  public int batch() {
    return batch;
  }

  /** Where the pictures of {@link #encode} go: uint8 {@code [batch, 3, H, W]}. */
  public ByteBuffer images() {
    return images.memory();
  }

  /**
   * Encodes {@link #images}.
   *
   * @param use told the results while they last: codes int64 {@code [batch, h w]}, latents float32
   *     {@code [batch, d, h, w]} and reconstructions uint8 {@code [batch, 3, H, W]}
   */
  public void encode(Consumer<Results> use) {
    if (encoder == null) {
      encoder = runtime.load(model.tokenizer(batch));
    }
    try (Results results = encoder.run(weights, state, images)) {
      use.accept(results);
    }
  }

  /**
   * Decodes latents float32 {@code [batch, d, h, w]}.
   *
   * @return uint8 {@code [batch, 3, H, W]}, owned by the caller
   */
  public NativeTensor decode(NativeTensor latents) {
    if (decoder == null) {
      decoder = runtime.load(model.decoder(batch));
    }
    try (Results results = decoder.run(weights, state, latents)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    images.close();
    if (encoder != null) {
      encoder.close();
    }
    if (decoder != null) {
      decoder.close();
    }
    if (ownsWeights) {
      weights.close();
      state.close();
    }
  }
}
