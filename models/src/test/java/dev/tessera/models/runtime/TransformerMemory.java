package dev.tessera.models.runtime;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.train.TrainingPrecision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints what a gradient program for a GPU is expected to hold, and what one call of it adds to the
 * peak of this process's resident memory, both in bytes: a transformer of so many blocks, whose
 * activations are computed again.
 */
final class TransformerMemory {

  private static final int WIDTH = 256;
  private static final int BATCH = 16;

  private TransformerMemory() {}

  public static void main(String[] arguments) throws Exception {
    Libtorch.useThreads(1);
    Program program = gradient(Integer.parseInt(arguments[0]), BATCH);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      // Code and tables that libtorch loads with an operation's first call are no activations.
      added(runtime, gradient(1, 1));
      System.out.println(program.workingBytes() + " " + added(runtime, program));
    }
  }

  private static Program gradient(int blocks, int batch) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults().with(new BackboneRecipe.Dit(2, WIDTH, blocks, 4));
    return new DiffusionObjective(
            new DiffusionModel(recipe, Signal.latents(4, 32, 32, 0, 1), 10),
            1,
            batch,
            Segmentation.RECOMPUTE,
            TrainingPrecision.BF16,
            Target.GPU)
        .phases()
        .get(0)
        .gradient();
  }

  /** What a call adds to the peak, once its operands are there. */
  private static long added(TorchRuntime runtime, Program program) throws Exception {
    List<NativeTensor> operands = new ArrayList<>();
    try (Executable executable = runtime.load(program)) {
      for (Program.Input input : program.inputs()) {
        operands.add(runtime.zeros(input.type().dtype(), input.type().shape()));
      }
      long before = resident("VmRSS:");
      executable.run(operands).close();
      return resident("VmHWM:") - before;
    } finally {
      operands.forEach(NativeTensor::close);
    }
  }

  private static long resident(String key) throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }
}
