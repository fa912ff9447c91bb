package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs for the GPU, with operators of our own and channels-last pictures, compute what the
 * plain ones do: on the CPU by the operators' scalar references, on a GPU by their kernels.
 */
final class TargetsTest {

  /** Some objective in either form. */
  private interface Form {
    Objective of(Segmentation segmentation, TrainingPrecision precision, Target target);
  }

  private record Subject(String name, Form form) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Subject> subjects() {
    return Stream.of(
        new Subject("dit", diffusion(new BackboneRecipe.Dit(2, 128, 2, 2))),
        new Subject(
            "ddpm++ without dropout",
            diffusion(new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(4), 0))),
        new Subject(
            "ddpm++",
            diffusion(new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(4), 0.2))),
        new Subject("unet", diffusion(new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2))),
        new Subject(
            "dit with options",
            diffusion(
                new BackboneRecipe.Dit(
                    4,
                    64,
                    1,
                    2,
                    BackboneRecipe.Dit.Norm.RMS,
                    BackboneRecipe.Dit.FeedForward.SWIGLU,
                    BackboneRecipe.Dit.Positions.BOTH,
                    true,
                    32))),
        new Subject(
            "ncsn++",
            diffusion(new BackboneRecipe.NcsnPlusPlus(8, List.of(1, 2), 1, List.of(4), 0.2))),
        new Subject(
            "adm", diffusion(new BackboneRecipe.Adm(8, List.of(1, 2), 1, List.of(4), 4, 0.2))),
        new Subject(
            "edm2", diffusion(new BackboneRecipe.Edm2(8, List.of(1, 2), 1, List.of(4), 4, 0.2))),
        new Subject("vqgan", TargetsTest::vqgan));
  }

  private static Form diffusion(BackboneRecipe backbone) {
    DiffusionRecipe defaults = DiffusionRecipe.defaults();
    DiffusionRecipe recipe = defaults.with(backbone).withFlip(true);
    return (segmentation, precision, target) ->
        new DiffusionObjective(
            new DiffusionModel(recipe, Signal.pixels(8, 8), 5),
            2,
            3,
            segmentation,
            precision,
            target);
  }

  private static Objective vqgan(
      Segmentation segmentation, TrainingPrecision precision, Target target) {
    VqganRecipe defaults = VqganRecipe.defaults();
    VqganRecipe.Adversary adversary = defaults.adversary();
    VqganRecipe recipe =
        new VqganRecipe(
            new VqganRecipe.Network(
                1, 8, List.of(1, 2), 1, true, VqganRecipe.Form.PUBLISHED, List.of(8), 6),
            VqganRecipe.Codes.defaults(),
            VqganRecipe.Losses.defaults(),
            new VqganRecipe.Adversary(
                8, 2, 0.1, 20, adversary.optimizer(), VqganRecipe.Form.PUBLISHED),
            defaults.optimizer());
    return new VqganObjective(new Vqgan(recipe, 16, 16), 2, 3, segmentation, precision, target);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void onTheCpu(Subject subject) {
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      List<List<float[]>> plain =
          run(runtime, subject.form.of(Segmentation.WHOLE, TrainingPrecision.FP32, Target.CPU));
      for (Segmentation segmentation : Segmentation.values()) {
        close(
            run(runtime, subject.form.of(segmentation, TrainingPrecision.FP32, Target.GPU)),
            plain,
            2e-5);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void onAGpu(Subject subject) {
    List<List<float[]>> plain;
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      plain = run(runtime, subject.form.of(Segmentation.WHOLE, TrainingPrecision.FP32, Target.CPU));
    }
    try (TorchRuntime runtime = gpu()) {
      for (Segmentation segmentation : Segmentation.values()) {
        // libtorch's own convolutions on a GPU may use tf32.
        close(
            run(runtime, subject.form.of(segmentation, TrainingPrecision.FP32, Target.GPU)),
            plain,
            1e-2);
        close(
            run(runtime, subject.form.of(segmentation, TrainingPrecision.BF16, Target.GPU)),
            plain,
            0.15);
      }
    }
  }

  private static TorchRuntime gpu() {
    try {
      return TorchRuntime.onGpu(0);
    } catch (UserException e) {
      Assumptions.abort("needs a GPU: " + e.getMessage());
      throw e;
    }
  }

  /** The floats that each phase's gradient program returns on the same drawn arguments. */
  private static List<List<float[]>> run(TorchRuntime runtime, Objective objective) {
    List<List<float[]>> all = new ArrayList<>();
    for (Phase phase : objective.phases()) {
      SplittableRandom random = new SplittableRandom(3);
      List<NativeTensor> arguments = new ArrayList<>();
      try (Executable executable = runtime.load(phase.gradient())) {
        for (Program.Input input : phase.gradient().inputs()) {
          arguments.add(drawn(runtime, input, random));
        }
        List<float[]> outputs = new ArrayList<>();
        try (Results results = executable.run(arguments)) {
          for (int i = 0; i < results.size(); i++) {
            outputs.add(floats(results.get(i)));
          }
        }
        all.add(outputs);
      } finally {
        arguments.forEach(NativeTensor::close);
      }
    }
    return all;
  }

  private static NativeTensor drawn(
      TorchRuntime runtime, Program.Input input, SplittableRandom random) {
    TensorType type = input.type();
    NativeTensor tensor = runtime.zeros(type.dtype(), type.shape());
    ByteBuffer memory = buffer(type.bytes());
    while (memory.hasRemaining()) {
      switch (type.dtype()) {
        case FLOAT32 -> memory.putFloat((float) (0.1 * random.nextGaussian()));
        case INT64 -> memory.putLong(0);
        case INT32 -> memory.putInt(random.nextInt(5));
        case UINT8 -> memory.put((byte) random.nextInt(256));
        default -> throw new IllegalArgumentException("type: " + type);
      }
    }
    tensor.upload(memory.flip(), 0, tensor.size());
    return tensor;
  }

  private static float[] floats(NativeTensor tensor) {
    ByteBuffer memory = buffer(tensor.type().bytes());
    tensor.download(memory, 0, tensor.size());
    FloatBuffer floats = memory.rewind().order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  private static void close(
      List<List<float[]>> actual, List<List<float[]>> expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int phase = 0; phase < expected.size(); phase++) {
      for (int output = 0; output < expected.get(phase).size(); output++) {
        double error = 0;
        double size = 0;
        float[] a = actual.get(phase).get(output);
        float[] e = expected.get(phase).get(output);
        assertThat(a).hasSameSizeAs(e);
        for (int i = 0; i < e.length; i++) {
          error += Math.pow(a[i] - e[i], 2);
          size += Math.pow(e[i], 2);
        }
        assertThat(size).isPositive();
        assertThat(Math.sqrt(error / size))
            .as("relative error of output %d of phase %d", output, phase)
            .isLessThan(tolerance);
      }
    }
  }
}
