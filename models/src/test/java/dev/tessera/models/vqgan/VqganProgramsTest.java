package dev.tessera.models.vqgan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class VqganProgramsTest {

  private static final int BATCH = 3;
  private static final Vqgan MODEL = new Vqgan(TinyVqgan.recipe(0), 16, 16);

  private static NativeTensor fresh(TorchRuntime runtime, Layout layout) {
    NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
    layout.initialize(5, flat.memory());
    return flat;
  }

  private static NativeTensor pictures(TorchRuntime runtime) {
    NativeTensor pictures = runtime.zeros(DType.UINT8, MODEL.imageShape(BATCH));
    byte[] noise = new byte[Math.toIntExact(pictures.size())];
    new Random(3).nextBytes(noise);
    pictures.memory().put(noise);
    return pictures;
  }

  @Test
  void theEncoderAloneGivesTheSameBits() {
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable whole = runtime.load(MODEL.tokenizer(BATCH));
        Executable encoder = runtime.load(MODEL.encoder(BATCH, Precision.FP32, Target.CPU));
        NativeTensor weights = fresh(runtime, MODEL.layout());
        NativeTensor state = fresh(runtime, MODEL.state());
        NativeTensor images = pictures(runtime);
        Results all = whole.run(weights, state, images);
        Results encoded = encoder.run(weights, state, images)) {
      assertThat(encoded.size()).isEqualTo(2);
      assertThat(encoded.get(0).toLongs()).isEqualTo(all.get(0).toLongs());
      assertThat(encoded.get(1).toFloats()).isEqualTo(all.get(1).toFloats());
      assertThat(LongStream.of(all.get(0).toLongs()).distinct().count()).isGreaterThan(3);
    }
  }

  @Test
  void halfPrecisionHoldsTheEncoderAloneAndCountsTheSameWork() {
    Program single = MODEL.encoder(BATCH, Precision.FP32, Target.CPU);
    Program half = MODEL.encoder(BATCH, Precision.BF16, Target.CPU);
    assertThat(half.flops()).isEqualTo(single.flops()).isLessThan(MODEL.tokenizer(BATCH).flops());
    assertThat(half.outputs()).isEqualTo(single.outputs());
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable exact = runtime.load(single);
        Executable rounded = runtime.load(half);
        NativeTensor weights = fresh(runtime, MODEL.layout());
        NativeTensor state = fresh(runtime, MODEL.state());
        NativeTensor images = pictures(runtime);
        Results a = exact.run(weights, state, images);
        Results b = rounded.run(weights, state, images)) {
      float[] x = a.get(1).toFloats();
      float[] y = b.get(1).toFloats();
      double error = 0;
      double norm = 0;
      for (int i = 0; i < x.length; i++) {
        error += (x[i] - y[i]) * (double) (x[i] - y[i]);
        norm += x[i] * (double) x[i];
      }
      // bfloat16 has 8 bits: a few roundings in a row, and not none.
      assertThat(Math.sqrt(error / norm)).isBetween(1e-4, 5e-2);
    }
  }
}
