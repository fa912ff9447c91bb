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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Is told to exit with code 7 while another thread is in libtorch. */
final class ExitInTheMiddle {

  private ExitInTheMiddle() {}

  public static void main(String[] arguments) throws InterruptedException {
    CountDownLatch computing = new CountDownLatch(1);
    Thread rank = new Thread(() -> compute(computing));
    rank.setDaemon(true);
    rank.start();
    computing.await();
    Thread.sleep(500); // Into the second call.
    System.exit(7);
  }

  private static void compute(CountDownLatch computing) {
    Program program =
        new DiffusionObjective(
                new DiffusionModel(
                    DiffusionRecipe.defaults().with(new BackboneRecipe.Dit(2, 64, 48, 2)),
                    Signal.latents(4, 16, 16, 0, 1),
                    10),
                1,
                64,
                Segmentation.RECOMPUTE,
                TrainingPrecision.FP32,
                Target.CPU)
            .phases()
            .get(0)
            .gradient();
    List<NativeTensor> operands = new ArrayList<>();
    TorchRuntime runtime = TorchRuntime.onCpu();
    Executable executable = runtime.load(program);
    for (Program.Input input : program.inputs()) {
      operands.add(runtime.zeros(input.type().dtype(), input.type().shape()));
    }
    while (true) {
      executable.run(operands).close();
      computing.countDown();
    }
  }
}
