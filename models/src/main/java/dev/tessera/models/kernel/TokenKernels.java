package dev.tessera.models.kernel;

import java.util.List;

/**
 * The launches of {@code token_norm.cu}: operands {@code [samples, tokens, width]} in row-major
 * order.
 */
final class TokenKernels {

  private static final String FILE = "token_norm.cu";

  /** Columns that a warp covers at once. */
  private static final int CHUNK = 128;

  private static final int WIDEST = 2048;

  /**
   * Blocks that the backward pass is cut into at most; the same on every GPU, as sums depend on it.
   */
  private static final int BLOCKS = 1584;

  /** Tokens of a block, so that its partial sums are few beside them. */
  private static final int LEAST_RUN = 16;

  private final Call call;
  private final Gpu gpu;
  private final TokenNorm norm;
  private final Element element;
  private final List<String> definitions;
  private final boolean gated;

  /**
   * Checks what all kernels of the file need.
   *
   * @param call whose stream is used
   * @param rows operands with one row a sample, the first of which tells the compute type
   * @param whole operands of all tokens, in the compute type or float32
   */
  TokenKernels(
      Call call, Gpu gpu, TokenNorm norm, boolean gated, List<Operand> rows, List<Operand> whole) {
    if (!takes(norm.width())) {
      throw new IllegalStateException(
          "width: "
              + norm.width()
              + " (expected: a multiple of "
              + CHUNK
              + " up to "
              + WIDEST
              + ")");
    }
    this.call = call;
    this.gpu = gpu;
    this.norm = norm;
    this.gated = gated;
    this.element = rows.get(0).element();
    boolean vector = true;
    for (Operand row : rows) {
      vector &= row.expect("rows", element).expectRows("rows").inVectorsOf(4);
    }
    for (Operand operand : whole) {
      vector &= operand.expectRowMajor("tokens").inVectorsOf(4);
    }
    this.definitions =
        List.of(
            rows.get(0).definition(),
            "VECTOR=" + (vector ? 1 : 0),
            "WIDTH=" + norm.width(),
            "GATED=" + (gated ? 1 : 0));
  }

  static boolean takes(long width) {
    return width % CHUNK == 0 && width <= WIDEST;
  }

  /** Fills out, mean and rstd; gate, delta and sum count where the kernel is gated. */
  void forward(
      Operand x,
      Operand gate,
      Operand delta,
      Operand shift,
      Operand scale,
      double eps,
      Object sum,
      Operand out,
      Operand mean,
      Operand rstd) {
    long tokens = (long) norm.samples() * norm.tokens();
    gpu.kernel(FILE, "norm_forward", definitions)
        .launch(
            call.stream(),
            Geometry.of(Geometry.ceilDiv(tokens, 8), 256),
            x,
            gate,
            gate.stride(0),
            delta,
            shift,
            shift.stride(0),
            scale,
            scale.stride(0),
            sum,
            out,
            mean,
            rstd,
            norm.samples(),
            norm.tokens(),
            (float) eps);
  }

  /** Fills the gradients; those of gate and delta where the kernel is gated. */
  void backward(
      Object gradSum,
      Operand grad,
      Operand x,
      Operand mean,
      Operand rstd,
      Operand gate,
      Operand delta,
      Operand scale,
      Operand gradX,
      Object gradDelta,
      Operand gradShift,
      Operand gradScale,
      Object gradGate) {
    // A whole number of rounds of the block's rows, of which there are at most four.
    long wanted = Geometry.ceilDiv((long) norm.samples() * norm.tokens(), BLOCKS);
    int run = 4 * (int) Geometry.ceilDiv(Math.max(LEAST_RUN, wanted), 4);
    int blocks = (int) Geometry.ceilDiv(norm.tokens(), run);
    int sums = gated ? 3 : 2;
    Operand partial = call.make(Element.FLOAT32, norm.samples(), blocks, sums, norm.width());
    gpu.kernel(FILE, "norm_backward", definitions)
        .launch(
            call.stream(),
            Geometry.of((long) norm.samples() * blocks, 128),
            gradSum,
            grad,
            x,
            mean,
            rstd,
            gate,
            gate.stride(0),
            delta,
            scale,
            scale.stride(0),
            gradX,
            gradDelta,
            partial,
            norm.tokens(),
            blocks,
            run);
    long columns = (long) norm.samples() * sums * norm.width();
    gpu.kernel(FILE, "norm_backward_sums", definitions)
        .launch(
            call.stream(),
            Geometry.of(Geometry.ceilDiv(columns, 128), 128),
            partial,
            gradShift,
            gradScale,
            gradGate,
            norm.samples(),
            blocks);
  }

  /** A new tensor of the compute type. */
  Operand make(long... sizes) {
    return call.make(element, sizes);
  }

  /** A new float32 tensor. */
  Operand makeFloats(long... sizes) {
    return call.make(Element.FLOAT32, sizes);
  }
}
