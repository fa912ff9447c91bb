package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds shape and type rules to what libtorch returns, for every operation under every type: either
 * the trace refuses the operands, or the program returns what the trace says.
 */
final class OperationTypesTest {

  /** Of floats beside the FLOAT64 of the cases themselves. */
  private static final EnumSet<DType> WIDTHS = EnumSet.of(DType.FLOAT32, DType.BFLOAT16);

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @Test
  void resultsAreOfTheShapesAndTypesThatTheRulesSay() {
    for (OperationCase operation : OperationCases.all()) {
      assertThat(checked(operation)).as(operation.toString()).isEqualTo(1);
    }
  }

  @Test
  void floatsOfEveryWidthAreAcceptedAndKept() {
    for (OperationCase operation : OperationCases.all()) {
      boolean typed =
          operation.operands().stream().anyMatch(o -> o.storage() == Operand.Storage.BUFFER)
              || operation.operation() instanceof Creation.Random
              // LAPACK has no half precision.
              || operation.operation() instanceof Decomposition.SymmetricEigen
              // Nor has the sampling of pictures on CPUs.
              || operation.operation() instanceof Indexing.Sampled;
      for (DType dtype : WIDTHS) {
        boolean accepted = checked(all(operation, DType.FLOAT64, dtype)) == 1;
        assertThat(typed || accepted).as("%s in %s", operation, dtype).isTrue();
      }
    }
  }

  @Test
  void otherTypesAreRefusedOrHandledAsLibtorchDoes() {
    for (OperationCase operation : OperationCases.all()) {
      for (DType dtype : EnumSet.complementOf(WIDTHS)) {
        if (dtype != DType.FLOAT64) {
          checked(all(operation, DType.FLOAT64, dtype));
        }
      }
    }
  }

  /** Promotion tells scalars from other shapes, and those not from each other. */
  @Test
  void mixedTypesAreRefusedOrPromotedAsByLibtorch() {
    Set<List<Object>> seen = new HashSet<>();
    for (OperationCase operation : OperationCases.all()) {
      int n = operation.operands().size();
      if (operation.operation() instanceof Pointwise.Where
          || operation.operation() instanceof Pointwise.Binary) {
        List<Boolean> scalars =
            operation.operands().stream().map(o -> o.type().shape().rank() == 0).toList();
        if (seen.add(List.of(operation.key(), scalars))) {
          for (DType first : DType.values()) {
            for (DType second : EnumSet.complementOf(EnumSet.of(first))) {
              checked(one(one(operation, n - 2, first), n - 1, second));
            }
          }
        }
      } else if (n > 1) {
        for (DType other : EnumSet.complementOf(EnumSet.of(DType.FLOAT32))) {
          checked(one(operation, n - 1, other));
        }
      }
    }
  }

  private static OperationCase all(OperationCase operation, DType from, DType to) {
    return new OperationCase(
        operation.operation(),
        operation.operands().stream().map(o -> o.type().dtype() == from ? o.as(to) : o).toList(),
        operation.body());
  }

  private static OperationCase one(OperationCase operation, int i, DType to) {
    List<Operand> operands = new ArrayList<>(operation.operands());
    operands.set(i, operands.get(i).as(to));
    return new OperationCase(operation.operation(), operands, operation.body());
  }

  /** 1 if the trace accepted the operands and libtorch agreed; 0 if the trace refused. */
  private static int checked(OperationCase operation) {
    Trace trace = new Trace("types", Precision.FP64);
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> results;
    try {
      for (Operand operand : operation.operands()) {
        TensorType type = operand.argument();
        inputs.add(trace.input("a" + inputs.size(), type.dtype(), type.shape()));
      }
      results = results(operation, inputs);
    } catch (IllegalArgumentException refused) {
      return 0;
    }
    Program program = probe(trace.finish(inputs.get(0).add(inputs.get(0))), results);
    List<NativeTensor> arguments = new ArrayList<>();
    try (Executable executable = runtime.load(program)) {
      program
          .inputs()
          .forEach(i -> arguments.add(runtime.zeros(i.type().dtype(), i.type().shape())));
      try (Results out = executable.run(arguments)) {
        for (int i = 0; i < results.size(); i++) {
          TensorType type = results.get(i).type();
          long[] expected =
              Arrays.copyOf(new long[] {type.dtype().scalarType()}, 1 + type.shape().rank());
          System.arraycopy(type.shape().toArray(), 0, expected, 1, type.shape().rank());
          assertThat(out.get(i).toLongs()).as(operation.toString()).isEqualTo(expected);
        }
      }
    } catch (IllegalStateException e) {
      throw new AssertionError(operation.toString(), e);
    } finally {
      arguments.forEach(NativeTensor::close);
    }
    return 1;
  }

  private static List<Tensor> results(OperationCase operation, List<Tensor> inputs) {
    List<Tensor> views = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Operand operand = operation.operands().get(i);
      boolean leaf =
          operand.differentiable()
              && operation.operation() instanceof Grad
              && operand.type().dtype().isFloating();
      views.add(operand.view(leaf ? inputs.get(i).leaf() : inputs.get(i)));
    }
    return operation.body().apply(views);
  }

  /** The program with element type and sizes of each result, as integers, in place of outputs. */
  private static Program probe(Program program, List<Tensor> results) {
    StringBuilder text = new StringBuilder(program.text());
    text.setLength(text.lastIndexOf("    return ["));
    List<String> names = new ArrayList<>();
    List<TensorType> types = new ArrayList<>();
    for (Tensor result : results) {
      String name = "p" + names.size();
      text.append(
          String.format(
              "    %s = torch.tensor(torch.add([ops.prim.dtype(%s)], torch.size(%s)))%n",
              name, result.name(), result.name()));
      names.add(name);
      types.add(new TensorType(DType.INT64, Shape.of(1 + result.shape().rank())));
    }
    text.append("    return [").append(String.join(", ", names)).append("]\n");
    return new Program(program.name(), program.inputs(), types, text.toString(), 0);
  }
}
