package dev.tessera.models.kernel;

import java.util.List;

/**
 * An operation that programs call as {@code ops.tessera.NAME}. It has no derivative of its own: the
 * tracer calls the operator's {@code _backward} instead.
 */
sealed interface Operator
    permits AddBias,
        AddBiasBackward,
        AddNormModulate,
        AddNormModulateBackward,
        AdamWEma,
        BiasGelu,
        BiasGeluBackward,
        GroupNormSilu,
        GroupNormSiluBackward,
        NormModulate,
        NormModulateBackward,
        ScaledSum {

  Schema schema();

  /**
   * The scalar reference: the results of operands that lie on the host, computed in double
   * precision. Where kernels take float32 or a compute type it also takes float64.
   */
  List<Operand> onHost(Call call);

  /**
   * Launches kernels on the calling thread's stream that fill the results: no waiting and no memory
   * but libtorch's, so that a CUDA graph can hold them.
   */
  List<Operand> onGpu(Call call, Gpu gpu);
}
