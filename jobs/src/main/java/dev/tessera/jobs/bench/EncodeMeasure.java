package dev.tessera.jobs.bench;

import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganRecipe;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.InferencePrecision;
import dev.tessera.spark.inference.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalDouble;

/**
 * One rank's encoder with fresh weights on random pictures.
 *
 * @param side height and width of the pictures
 * @param batch pictures at a time
 * @param cores threads of libtorch on the CPU
 * @param turns measured one after another
 * @param batches of a turn
 */
record EncodeMeasure(
    VqganRecipe recipe,
    int side,
    int batch,
    InferenceDevice device,
    InferencePrecision precision,
    int cores,
    int turns,
    int batches) {

  private static final int WARM_UP = 5;

  /**
   * What was measured.
   *
   * @param batchSeconds a batch's seconds in each turn
   * @param parameters of the encoder
   * @param flopsPerImage of the encoder's own arithmetic
   * @param peakFlops of the device in this precision, where known
   * @param deviceBytes of the GPU's memory in use at the end, 0 on the CPU
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Measured(
      double[] batchSeconds,
      long parameters,
      double flopsPerImage,
      OptionalDouble peakFlops,
      long deviceBytes) {}

  EncodeMeasure {
    require(side >= 1, "--side", side);
    require(batch >= 1, "--batch", batch);
    require(cores >= 1, "--cores", cores);
    require(turns >= 1, "--turns", turns);
    require(batches >= 1, "--batches", batches);
  }

  private static void require(boolean holds, String name, int value) {
    if (!holds) {
      throw new UserException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  Measured run() {
    Libtorch.useThreads(cores);
    Vqgan model = new Vqgan(recipe, side, side);
    boolean gpu = device == InferenceDevice.GPU;
    Program program = model.encoder(batch, precision.graph(), gpu ? Target.GPU : Target.CPU);
    try (TorchRuntime runtime = gpu ? TorchRuntime.onGpuByRules(0) : TorchRuntime.onCpu();
        NativeTensor weights = fresh(runtime, model.layout());
        NativeTensor state = fresh(runtime, model.state());
        Tokenizer tokenizer =
            Tokenizer.over(
                runtime, model, batch, precision, weights, state, Replays.captured(runtime))) {
      EncoderTurn.prepare(tokenizer, false, WARM_UP);
      double[] seconds = new double[turns];
      for (int i = 0; i < turns; i++) {
        seconds[i] = EncoderTurn.seconds(tokenizer, false, batches) / batches;
      }
      return new Measured(
          seconds,
          parameters(model),
          program.flops() / batch,
          gpu ? runtime.gpu().peakFlops(precision.bits()) : OptionalDouble.empty(),
          gpu ? runtime.gpu().totalBytes() - runtime.gpu().freeBytes() : 0);
    }
  }

  private static NativeTensor fresh(TorchRuntime runtime, Layout layout) {
    NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
    for (Layout.Slice slice : layout.slices().values()) {
      ByteBuffer memory =
          ByteBuffer.allocateDirect(Math.toIntExact(slice.size() * Float.BYTES))
              .order(ByteOrder.nativeOrder());
      layout.initialize(slice, 7, memory);
      flat.upload(memory, slice.offset(), slice.size());
    }
    return flat;
  }

  private static long parameters(Vqgan model) {
    return model.layout().slices().values().stream()
        .filter(slice -> slice.parameter().name().startsWith("encoder."))
        .mapToLong(Layout.Slice::size)
        .sum();
  }
}
