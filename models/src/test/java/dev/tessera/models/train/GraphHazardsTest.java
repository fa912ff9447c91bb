package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may happen in a process between the launches of its CUDA graphs; needs a GPU. */
final class GraphHazardsTest {

  private static final int BATCH = 8;
  private static final int STEPS = 24;

  /** Of 1 GiB each. */
  private static final int BLOCKS = 32;

  private record Subject(String name, Objective objective) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Subject> subjects() {
    DiffusionRecipe dit = DiffusionRecipe.defaults().with(new BackboneRecipe.Dit(2, 128, 2, 2));
    VqganRecipe defaults = VqganRecipe.defaults();
    VqganRecipe vqgan =
        new VqganRecipe(
            new VqganRecipe.Network(1, 8, List.of(1, 2), 1, true),
            defaults.codes(),
            defaults.losses(),
            // The discriminator begins half-way: a step is one graph before and another after.
            new VqganRecipe.Adversary(
                8,
                1,
                0.1,
                STEPS / 2 * BATCH,
                defaults.adversary().optimizer(),
                defaults.adversary().form()),
            defaults.optimizer());
    return Stream.of(
        new Subject(
            "dit",
            new DiffusionObjective(
                new DiffusionModel(dit, Signal.pixels(16, 16), 5),
                1,
                BATCH,
                Segmentation.WHOLE,
                TrainingPrecision.FP32,
                Target.GPU)),
        new Subject(
            "vqgan with a discriminator",
            new VqganObjective(
                new Vqgan(vqgan, 16, 16),
                1,
                BATCH,
                Segmentation.WHOLE,
                TrainingPrecision.FP32,
                Target.GPU)));
  }

  private static TorchRuntime gpu() {
    try {
      return TorchRuntime.onGpuByRules(0);
    } catch (UserException e) {
      Assumptions.abort("needs a GPU: " + e.getMessage());
      throw e;
    }
  }

  private static void fill(
      int shard, long first, int count, java.util.Map<String, ByteBuffer> columns) {
    SplittableRandom random = new SplittableRandom(first);
    columns.forEach(
        (name, memory) -> {
          while (memory.hasRemaining()) {
            if (name.equals("label")) {
              memory.putInt(random.nextInt(5));
            } else {
              memory.put((byte) random.nextInt(256));
            }
          }
        });
  }

  /** Every number of a run's reports, then all parameters. */
  private static List<Double> trained(
      TorchRuntime runtime, Objective objective, Consumer<TorchRuntime> between) {
    return trained(runtime, objective, between, new SingleProcess());
  }

  private static List<Double> trained(
      TorchRuntime runtime,
      Objective objective,
      Consumer<TorchRuntime> between,
      Collective collective) {
    List<Double> numbers = new ArrayList<>();
    TrainingSchedule schedule = new TrainingSchedule(3, BATCH, 1, (long) STEPS * BATCH, 1L << 40);
    try (TrainingLoop loop =
        new TrainingLoop(runtime, objective, schedule, collective, GraphHazardsTest::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              numbers.addAll(report.values().values());
              between.accept(runtime);
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
      for (NamedMemory tensor : loop.state().tensors()) {
        var values = tensor.memory().asFloatBuffer();
        while (values.hasRemaining()) {
          numbers.add((double) values.get());
        }
      }
    }
    return numbers;
  }

  /** Takes tens of GiB, writes to all of them and gives them back. */
  private static void work(TorchRuntime runtime) {
    List<NativeTensor> held = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      NativeTensor block = runtime.zeros(DType.FLOAT32, Shape.of(1L << 28));
      if (!held.isEmpty()) {
        block.copyFrom(held.get(held.size() - 1));
      }
      held.add(block);
    }
    held.forEach(NativeTensor::close);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void eagerWorkBetweenLaunchesChangesNoBit(Subject subject) {
    try (TorchRuntime runtime = gpu()) {
      List<Double> control = trained(runtime, subject.objective, r -> {});
      List<Double> again = trained(runtime, subject.objective, r -> {});
      Assumptions.assumeTrue(
          control.equals(again), "this GPU's kernels do not give the same bits twice");
      assertThat(trained(runtime, subject.objective, GraphHazardsTest::work)).isEqualTo(control);
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void stepsThatCannotBeCapturedRunProgramByProgram(Subject subject) {
    try (TorchRuntime runtime = gpu();
        NativeTensor number = runtime.scalar(1f)) {
      List<Double> control = trained(runtime, subject.objective, r -> {});
      Assumptions.assumeTrue(
          control.equals(trained(runtime, subject.objective, r -> {})),
          "this GPU's kernels do not give the same bits twice");
      // Waiting for the device is what a capture does not allow.
      Collective waits =
          (Collective)
              Proxy.newProxyInstance(
                  Collective.class.getClassLoader(),
                  new Class<?>[] {Collective.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("allReduce")) {
                      number.item();
                    }
                    return method.isDefault()
                        ? InvocationHandler.invokeDefault(proxy, method, arguments)
                        : method.invoke(new SingleProcess(), arguments);
                  });
      assertThat(trained(runtime, subject.objective, r -> {}, waits)).isEqualTo(control);
    }
  }

  @Test
  void memoryThatRunsOutAfterGraphsIsToldAndNothingMoreIsAsked() throws Exception {
    gpu().close();
    Path launcher = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> !argument.contains("agent"))
            .toList());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Exhausting.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said)
        .contains("The GPU's memory does not suffice")
        .contains("Tried to allocate")
        .contains("is free")
        .contains("lower the batch")
        .contains("schedule.activations to recomputed")
        .contains("everything closed");
  }

  /** A process that has graphs and then asks for too much. */
  static final class Exhausting {

    private Exhausting() {}

    public static void main(String[] arguments) {
      int[] steps = {0};
      try (TorchRuntime runtime = gpu()) {
        trained(
            runtime,
            subjects().findFirst().orElseThrow().objective,
            r -> {
              if (++steps[0] == STEPS / 2) {
                r.zeros(DType.FLOAT32, Shape.of(1L << 40)).close();
              }
            });
        System.out.println("nothing ran out");
      } catch (UserException e) {
        System.out.println(e.getMessage());
      }
      System.out.println("everything closed");
    }
  }
}
