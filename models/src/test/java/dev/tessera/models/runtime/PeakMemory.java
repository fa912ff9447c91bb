package dev.tessera.models.runtime;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Prints the peak of resident memory, in kB, of a process that differentiates a deep network. */
final class PeakMemory {

  static final int SEGMENTS = 12;
  static final int LAYERS = 4;
  static final int WIDTH = 32;
  static final int BATCH = 32768;

  private PeakMemory() {}

  public static void main(String[] arguments) throws Exception {
    Libtorch.useThreads(1);
    Scope root = Scope.group("net");
    List<List<Parameter>> blocks = new ArrayList<>();
    for (int i = 0; i < SEGMENTS; i++) {
      Scope segment = root.segment("block" + i);
      List<Parameter> block = new ArrayList<>();
      for (int k = 0; k < LAYERS; k++) {
        block.add(
            segment.matrix("weight" + k, Shape.of(WIDTH, WIDTH), Initializer.xavier(WIDTH, WIDTH)));
      }
      blocks.add(block);
    }
    var layout = root.layout();
    Trace trace = new Trace("deep", Precision.FP32);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(BATCH, WIDTH));
    Tensor gradient =
        trace.gradient(
            layout,
            flat,
            Segmentation.valueOf(arguments[0]),
            () -> {
              Tensor h = x;
              for (int i = 0; i < SEGMENTS; i++) {
                List<Parameter> block = blocks.get(i);
                h = trace.segment("block" + i, in -> layers(trace, in.get(0), block), h);
              }
              return h.square().meanAll();
            });
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(trace.finish(gradient));
        NativeTensor parameters = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
        NativeTensor input = runtime.zeros(DType.FLOAT32, Shape.of(BATCH, WIDTH))) {
      layout.initialize(1, parameters.memory());
      executable.run(parameters, input).close();
    }
    Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .forEach(line -> System.out.println(line.replaceAll("\\D", "")));
  }

  private static Tensor layers(Trace trace, Tensor x, List<Parameter> weights) {
    Tensor h = x;
    for (Parameter weight : weights) {
      h = h.linear(trace.weight(weight), null).silu();
    }
    return h;
  }
}
