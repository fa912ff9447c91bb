package dev.tessera.models.vqgan;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.stream.IntStream;

/** Encoder, codebook and decoder of one recipe at one picture size, and their programs. */
public final class Vqgan {

  /** The group of encoder and decoder. */
  public static final String GENERATOR = "generator";

  private final VqganRecipe recipe;
  private final int height;
  private final int width;
  private final Layout layout;
  private final Layout state;
  private final Encoder encoder;
  private final Decoder decoder;
  private final Codebook codebook;

  /**
   * @throws IllegalArgumentException if the levels do not halve the size evenly, or none has a size
   *     at which attention is asked for
   */
  public Vqgan(VqganRecipe recipe, int height, int width) {
    requireLevels(recipe.network(), height, width);
    this.recipe = recipe;
    this.height = height;
    this.width = width;
    Scope generator = Scope.group(GENERATOR);
    int codeWidth = recipe.codes().width();
    encoder = new Encoder(generator.child("encoder"), recipe.network(), codeWidth, height);
    decoder = new Decoder(generator.child("decoder"), recipe.network(), codeWidth, height);
    layout = generator.layout();
    Scope codes = Scope.group("state");
    codebook = new Codebook(codes.child("codebook"), recipe.codes());
    state = codes.layout();
  }

  private static void requireLevels(VqganRecipe.Network network, int height, int width) {
    int factor = network.factor();
    if (height % factor != 0 || width % factor != 0) {
      throw new IllegalArgumentException(
          "network.multipliers: "
              + network.multipliers()
              + " (expected: levels that halve "
              + height
              + " x "
              + width
              + " evenly)");
    }
    List<Integer> sides =
        IntStream.range(0, network.levels())
            .mapToObj(level -> (height / network.patch()) >> level)
            .toList();
    if (!sides.containsAll(network.attentionResolutions())) {
      throw new IllegalArgumentException(
          "network.attention-resolutions: "
              + network.attentionResolutions()
              + " (expected: some of the levels' heights, "
              + sides
              + ")");
    }
  }

  public VqganRecipe recipe() {
    return recipe;
  }

  /** Parameters of encoder and decoder. */
  public Layout layout() {
    return layout;
  }

  /** The codebook's state. */
  public Layout state() {
    return state;
  }

  /** Sizes of a picture's latent: {@code [width, H/f, W/f]}. */
  public Shape latentShape() {
    int factor = recipe.network().factor();
    return Shape.of(recipe.codes().width(), height / factor, width / factor);
  }

  /** Sizes of a batch of pictures: {@code [batch, 3, H, W]}. */
  public Shape imageShape(int batch) {
    return Shape.of(batch, 3, height, width);
  }

  Codebook codebook() {
    return codebook;
  }

  Parameter lastWeight() {
    return decoder.lastWeight();
  }

  /** uint8 pixels as numbers in [-1, 1]. */
  static Tensor normalize(Tensor pixels) {
    return pixels.cast(pixels.trace().precision().master()).mul(1 / 127.5).add(-1);
  }

  /** Numbers in [-1, 1] as uint8 pixels. */
  static Tensor pixels(Tensor picture) {
    return picture.add(1).mul(127.5).clamp(0, 255).round().cast(DType.UINT8);
  }

  Tensor encode(Tensor images) {
    return encoder.apply(images).master();
  }

  Tensor decode(Tensor quantized) {
    return decoder.apply(quantized).master();
  }

  /** {@code [N, d, h, w] -> [N h w, d]}. */
  static Tensor rows(Tensor z) {
    return z.permute(0, 2, 3, 1).reshape(z.dim(0) * z.dim(2) * z.dim(3), z.dim(1));
  }

  /** The inverse of {@link #rows}. */
  Tensor grid(Tensor rows, long batch) {
    Shape shape = latentShape();
    return rows.reshape(batch, shape.dim(1), shape.dim(2), shape.dim(0)).permute(0, 3, 1, 2);
  }

  /**
   * Tokenises: {@code (generator, state, images uint8 [N, 3, H, W]) ->} codes int64 {@code [N, h
   * w]}, latents before quantisation float32 {@code [N, d, h, w]} and reconstructions uint8.
   */
  public Program tokenizer(int batch) {
    return tokenizer(batch, Precision.FP32, Target.CPU);
  }

  /** As {@link #tokenizer(int)}, in the given types; distances to the codes are float32 in each. */
  public Program tokenizer(int batch, Precision precision, Target target) {
    Encoding encoding = encoding("tokenize", batch, precision, target);
    Tensor picture = decode(grid(encoding.codes.embedding(encoding.index), batch));
    return encoding.z.trace().finish(encoding.grid(), encoding.z.contiguous(), pixels(picture));
  }

  /** As {@link #tokenizer(int, Precision, Target)} without reconstructions: the encoder alone. */
  public Program encoder(int batch, Precision precision, Target target) {
    Encoding encoding = encoding("encode", batch, precision, target);
    return encoding.z.trace().finish(encoding.grid(), encoding.z.contiguous());
  }

  /** Pictures encoded: latents {@code [N, d, h, w]}, the codes, the index of each position's. */
  private record Encoding(Tensor z, Tensor codes, Tensor index) {
    /** The indexes as {@code [N, h w]}. */
    Tensor grid() {
      return index.reshape(z.dim(0), z.dim(2) * z.dim(3));
    }
  }

  /** The one place where programs that encode begin. */
  private Encoding encoding(String name, int batch, Precision precision, Target target) {
    Trace trace = new Trace(name, precision, target);
    Tensor flat = trace.input(GENERATOR, DType.FLOAT32, Shape.of(layout.size()));
    Tensor stateFlat = trace.input("state", DType.FLOAT32, Shape.of(state.size()));
    Tensor images = trace.input("images", DType.UINT8, imageShape(batch));
    trace.bind(layout, flat);
    trace.bind(state, stateFlat);
    Tensor z = encode(normalize(images));
    Tensor codes = codebook.codes(trace);
    return new Encoding(z, codes, Codebook.nearest(rows(z), codes));
  }

  /**
   * Decodes latents: {@code (generator, state, latents float32 [N, d, h, w]) ->} pictures uint8
   * {@code [N, 3, H, W]}, quantised first.
   */
  public Program decoder(int batch) {
    return decoder(batch, Target.CPU);
  }

  /** As {@link #decoder(int)}, written for {@code target}. */
  public Program decoder(int batch, Target target) {
    Trace trace = new Trace("decode", Precision.FP32, target);
    Tensor flat = trace.input(GENERATOR, DType.FLOAT32, Shape.of(layout.size()));
    Tensor stateFlat = trace.input("state", DType.FLOAT32, Shape.of(state.size()));
    Shape latent = latentShape();
    Tensor z =
        trace.input(
            "latents", DType.FLOAT32, Shape.of(batch, latent.dim(0), latent.dim(1), latent.dim(2)));
    trace.bind(layout, flat);
    trace.bind(state, stateFlat);
    Tensor codes = codebook.codes(trace);
    Tensor index = Codebook.nearest(rows(z), codes);
    return trace.finish(pixels(decode(grid(codes.embedding(index), batch))));
  }
}
