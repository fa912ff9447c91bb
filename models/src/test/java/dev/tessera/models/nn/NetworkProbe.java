package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A network in float64 with drawn weights, of which none is small, on two drawn pictures. */
final class NetworkProbe {

  static final int N = 2;

  private final TorchRuntime runtime;
  private final BackboneShape shape;
  private final Backbone backbone;
  private final Layout layout;
  private final double[] flat;

  NetworkProbe(TorchRuntime runtime, BackboneRecipe recipe, BackboneShape shape) {
    this.runtime = runtime;
    this.shape = shape;
    Scope scope = Scope.group("net");
    backbone = recipe.build(scope, shape);
    layout = scope.layout();
    flat = new SplittableRandom(5).doubles(layout.size(), -0.3, 0.3).toArray();
  }

  Layout layout() {
    return layout;
  }

  double[] flat() {
    return flat.clone();
  }

  boolean has(String name) {
    return layout.slices().containsKey(name);
  }

  /** A parameter's values by its name. */
  double[] get(String name) {
    Layout.Slice slice = layout.slices().get(name);
    double[] values = new double[Math.toIntExact(slice.size())];
    System.arraycopy(flat, Math.toIntExact(slice.offset()), values, 0, values.length);
    return values;
  }

  double[] x() {
    int size = N * shape.channels() * shape.height() * shape.width();
    return new SplittableRandom(6).doubles(size, -1, 1).toArray();
  }

  double[] noise() {
    return new double[] {-0.7, 1.3};
  }

  /** The second picture has no class. */
  long[] labels() {
    return new long[] {Math.min(1, shape.classes()), shape.classes()};
  }

  double[] augment() {
    return new SplittableRandom(9).doubles((long) N * shape.augment(), -1, 1).toArray();
  }

  /** Inputs of programs after the flat vector. */
  private record Inputs(Tensor x, Tensor noise, Tensor label, Tensor augment) {
    static Inputs declare(Trace trace, BackboneShape shape) {
      return new Inputs(
          trace.input(
              "x", DType.FLOAT64, Shape.of(N, shape.channels(), shape.height(), shape.width())),
          trace.input("noise", DType.FLOAT64, Shape.of(N)),
          trace.input("label", DType.INT64, Shape.of(N)),
          trace.input("augmented", DType.FLOAT64, Shape.of(N, Math.max(1, shape.augment()))));
    }

    Tensor through(Backbone backbone, BackboneShape shape) {
      return backbone.apply(
          x, noise, shape.classes() > 0 ? label : null, shape.augment() > 0 ? augment : null);
    }
  }

  /** What the network says, {@code [N, outputs, H, W]}. */
  double[] forward() {
    Trace trace = new Trace("forward", Precision.FP64);
    Tensor vector = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
    Inputs inputs = Inputs.declare(trace, shape);
    trace.bind(layout, vector);
    Program program = trace.finish(inputs.through(backbone, shape));
    try (Executable executable = runtime.load(program)) {
      return run(executable, flat, null).get(0);
    }
  }

  /**
   * {@code (flat, x, noise, label, augmented, key) -> gradient, loss} of a fixed function of the
   * result.
   */
  Program gradient(Segmentation segmentation) {
    Trace trace = new Trace("gradient", Precision.FP64);
    Tensor vector = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
    Inputs inputs = Inputs.declare(trace, shape);
    trace.randomness(trace.scalar("key", DType.INT64));
    List<Tensor> losses = new ArrayList<>();
    Tensor gradient =
        trace.gradient(
            layout,
            vector,
            segmentation,
            () -> {
              Tensor y = inputs.through(backbone, shape);
              losses.add(y.mul(inputs.x.sum(1)).add(y.square().mul(0.1)).sumAll());
              return losses.get(0);
            });
    return trace.finish(gradient, losses.get(0).detach());
  }

  /**
   * {@code (flat, x, noise, label, augmented, key) -> gradient, loss} of the square of the
   * derivative by x of a fixed function of the result: a second derivative of every layer.
   */
  Program curvature() {
    Trace trace = new Trace("curvature", Precision.FP64);
    Tensor vector = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
    Inputs inputs = Inputs.declare(trace, shape);
    trace.randomness(trace.scalar("key", DType.INT64));
    List<Tensor> losses = new ArrayList<>();
    trace.differentiateTwice();
    Tensor gradient =
        trace.gradient(
            layout,
            vector,
            Segmentation.WHOLE,
            () -> {
              Tensor x = inputs.x.detach().leaf();
              Tensor y =
                  new Inputs(x, inputs.noise, inputs.label, inputs.augment)
                      .through(backbone, shape);
              Tensor value = y.square().sumAll();
              Tensor slope = trace.grad(List.of(value), List.of(x), List.of(), true, true).get(0);
              losses.add(slope.square().sumAll());
              return losses.get(0);
            });
    return trace.finish(gradient, losses.get(0).detach());
  }

  /** Results of a program of this network; a null key for one that has none. */
  List<double[]> run(Executable executable, double[] weights, Long key) {
    List<NativeTensor> arguments = new ArrayList<>();
    try {
      arguments.add(floats(Shape.of(weights.length), weights));
      arguments.add(floats(Shape.of(N, shape.channels(), shape.height(), shape.width()), x()));
      arguments.add(floats(Shape.of(N), noise()));
      NativeTensor label = runtime.zeros(DType.INT64, Shape.of(N));
      label.set(labels());
      arguments.add(label);
      double[] augment = shape.augment() > 0 ? augment() : new double[N];
      arguments.add(floats(Shape.of(N, Math.max(1, shape.augment())), augment));
      if (key != null) {
        arguments.add(runtime.scalar(key));
      }
      List<double[]> all = new ArrayList<>();
      try (Results results = executable.run(arguments)) {
        for (int i = 0; i < results.size(); i++) {
          all.add(results.get(i).toDoubles());
        }
      }
      return all;
    } finally {
      arguments.forEach(NativeTensor::close);
    }
  }

  private NativeTensor floats(Shape of, double[] values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT64, of);
    tensor.set(values);
    return tensor;
  }
}
