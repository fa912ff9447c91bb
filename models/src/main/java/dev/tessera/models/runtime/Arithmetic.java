package dev.tessera.models.runtime;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * What a process makes of float32 operands: libraries may round them to tf32, 10 bits of the
 * fraction, by the process's environment and not by the program's wish.
 *
 * @param tf32Products whether matrix products do
 * @param tf32Convolutions whether convolutions do
 */
public record Arithmetic(boolean tf32Products, boolean tf32Convolutions) {

  /**
   * Lost in tf32, whose neighbours of 1 lie 2^-10 apart; exact in float32, as are its sums here.
   */
  private static final double EXCESS = 0x1p-12;

  /** Large enough that libraries take the kernels of real layers. */
  private static final int SIZE = 128;

  private static final int CHANNELS = 64;
  private static final int SIDE = 16;
  private static final int KERNEL = 3;

  /** Computes sums of {@code 1 + 2^-12} whose value tells. */
  public static Arithmetic measure(TorchRuntime runtime) {
    try (Executable executable = runtime.load(program());
        NativeTensor one = runtime.scalar(1f);
        Results results = executable.run(one)) {
      float[] excess = results.get(0).toFloats();
      return new Arithmetic(excess[0] < EXCESS / 2, excess[1] < EXCESS / 2);
    }
  }

  /** Of a product and of a convolution, by how much the mean term is above 1. */
  static Program program() {
    Trace trace = new Trace("arithmetic", Precision.FP32);
    Tensor one = trace.scalar("one", DType.FLOAT32);
    Tensor number = one.add(EXCESS);
    Tensor rows = number.expand(Shape.of(SIZE, SIZE)).contiguous();
    Tensor columns = one.expand(Shape.of(SIZE, SIZE)).contiguous();
    Tensor product = rows.matmul(columns).mul(1.0 / SIZE);
    Tensor picture = number.expand(Shape.of(8, CHANNELS, SIDE, SIDE)).contiguous();
    Tensor weight = one.expand(Shape.of(CHANNELS, CHANNELS, KERNEL, KERNEL)).contiguous();
    Tensor convolved = picture.conv2d(weight, null, 1, 1).mul(1.0 / (CHANNELS * KERNEL * KERNEL));
    return trace.finish(Tensor.cat(0, List.of(excess(product), excess(convolved))));
  }

  /** The greatest: at the border a convolution has fewer terms. */
  private static Tensor excess(Tensor values) {
    return values.reshape(Shape.of(values.shape().size())).amax(0).add(-1);
  }

  /** In words. */
  public String describe() {
    if (tf32Products == tf32Convolutions) {
      return tf32Products ? "tf32" : "fp32";
    }
    return tf32Products
        ? "tf32 in matrix products and fp32 in convolutions"
        : "fp32 in matrix products and tf32 in convolutions";
  }
}
