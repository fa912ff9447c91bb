package dev.tessera.models.kernel;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A program written by hand, and its run on numbers: arguments and results are float64. */
final class Script {

  private final String name;
  private final List<Program.Input> inputs = new ArrayList<>();
  private final List<double[]> values = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();

  Script(String name) {
    this.name = name;
  }

  /** A further argument. */
  Script argument(String argument, Shape shape, double... elements) {
    inputs.add(new Program.Input(argument, new TensorType(DType.FLOAT64, shape), false));
    values.add(elements);
    return this;
  }

  /** A further argument of normal numbers. */
  Script normal(String argument, Shape shape, SplittableRandom random) {
    return argument(argument, shape, normals(shape, random));
  }

  /** A further argument of one int64. */
  Script key(String argument, long key) {
    inputs.add(new Program.Input(argument, new TensorType(DType.INT64, Shape.of()), false));
    values.add(new double[] {key});
    return this;
  }

  Script line(String statement) {
    text.append("    ").append(statement).append('\n');
    return this;
  }

  static double[] normals(Shape shape, SplittableRandom random) {
    double[] numbers = new double[Math.toIntExact(shape.size())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextGaussian();
    }
    return numbers;
  }

  double[] values(int argument) {
    return values.get(argument);
  }

  int arguments() {
    return inputs.size();
  }

  boolean real(int argument) {
    return inputs.get(argument).type().dtype() == DType.FLOAT64;
  }

  /** The program that returns {@code results}, each cast to row-major float64. */
  Program program(List<String> results, List<Shape> shapes) {
    List<String> returned = new ArrayList<>();
    StringBuilder body = new StringBuilder(text);
    List<TensorType> types = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      String dense = "torch.contiguous(torch.to(" + results.get(i) + ", 7))";
      body.append("    returned").append(i).append(" = ").append(dense).append('\n');
      returned.add("returned" + i);
      types.add(new TensorType(DType.FLOAT64, shapes.get(i)));
    }
    body.append("    return [").append(String.join(", ", returned)).append("]\n");
    return new Program(name, inputs, types, body.toString(), 0);
  }

  /** Results of one run on these arguments. */
  List<double[]> run(TorchRuntime runtime, List<String> results, List<Shape> shapes) {
    try (Executable executable = runtime.load(program(results, shapes))) {
      return run(runtime, executable, values);
    }
  }

  /** Results of one run on other numbers. */
  List<double[]> run(TorchRuntime runtime, Executable executable, List<double[]> numbers) {
    List<NativeTensor> tensors = new ArrayList<>();
    try {
      for (int i = 0; i < inputs.size(); i++) {
        NativeTensor tensor =
            runtime.zeros(inputs.get(i).type().dtype(), inputs.get(i).type().shape());
        tensors.add(tensor);
        if (real(i)) {
          tensor.set(numbers.get(i));
        } else {
          tensor.set((long) numbers.get(i)[0]);
        }
      }
      List<double[]> read = new ArrayList<>();
      try (Results results = executable.run(tensors)) {
        for (int i = 0; i < results.size(); i++) {
          read.add(results.get(i).toDoubles());
        }
      }
      return read;
    } finally {
      tensors.forEach(NativeTensor::close);
    }
  }

  List<double[]> values() {
    return List.copyOf(values);
  }
}
