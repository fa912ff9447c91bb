package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds each operation's derivatives to central differences in float64. */
final class GradientTest {

  private static final double STEP = 1e-5;

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
  void everyOperationOfTheSealedListHasCases() {
    var covered =
        OperationCases.all().stream()
            .collect(Collectors.groupingBy(OperationCase::key, Collectors.counting()));
    assertThat(covered.keySet()).containsExactlyInAnyOrderElementsOf(OperationCase.required());
  }

  static Stream<OperationCase> differentiable() {
    return OperationCases.all().stream().filter(c -> c.operation().derivative() != Derivative.NONE);
  }

  static Stream<OperationCase> constant() {
    return OperationCases.all().stream().filter(c -> c.operation().derivative() == Derivative.NONE);
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void derivativesAgreeWithDifferences(OperationCase operation) {
    try (OperationProgram program = new OperationProgram(operation, runtime)) {
      assertThat(program.results()).allMatch(Tensor::requiresGrad);
      OperationProgram.Call here = program.call();
      for (int leaf = 0; leaf < program.leaves(); leaf++) {
        int argument = program.argumentOfLeaf(leaf);
        for (int i = 0; i < program.values().get(argument).length; i++) {
          OperationProgram.Call above = moved(program, argument, i, STEP);
          OperationProgram.Call below = moved(program, argument, i, -STEP);
          double first = (above.loss() - below.loss()) / (2 * STEP);
          close(here.g().get(leaf)[i], first, "first derivative", argument, i);
          if (program.twice()) {
            double second = (above.slope() - below.slope()) / (2 * STEP);
            close(here.h().get(leaf)[i], second, "second derivative", argument, i);
          }
        }
      }
    }
  }

  private static OperationProgram.Call moved(
      OperationProgram program, int argument, int i, double step) {
    double[] values = program.values().get(argument);
    double kept = values[i];
    values[i] = kept + step;
    program.set(argument);
    OperationProgram.Call call = program.call();
    values[i] = kept;
    program.set(argument);
    return call;
  }

  private static void close(double actual, double expected, String what, int argument, int i) {
    assertThat(Math.abs(actual - expected) / (1 + Math.abs(expected)))
        .as(
            "%s by element %d of operand %d: %s, differences %s",
            what, i, argument, actual, expected)
        .isLessThan(2e-7);
  }

  @ParameterizedTest
  @MethodSource("constant")
  void operationsWithoutDerivativePassNoGradient(OperationCase operation) {
    try (OperationProgram program = new OperationProgram(operation, runtime)) {
      assertThat(program.results()).noneMatch(Tensor::requiresGrad);
      program.call();
    }
  }

  @Test
  void aSecondDerivativeOfAttentionIsRefusedByTheLayersName() {
    Trace trace = new Trace("penalty", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(1, 2, 3, 4)).leaf();
    Tensor loss =
        trace.at(
            "critic", () -> trace.at("block.3", () -> x.attention(x, x, false)).square().sumAll());
    assertThat(trace.grad(List.of(loss), List.of(x), List.of(), false, true)).hasSize(1);
    assertThatThrownBy(() -> trace.grad(List.of(loss), List.of(x), List.of(), true, false))
        .hasMessage(
            "critic.block.3: a second derivative is asked of an operation that has only a first"
                + " (attention)");
  }

  @Test
  void aGradientByWhatTheLossDoesNotDependOnIsRefused() {
    Trace trace = new Trace("unused", Precision.FP32);
    Tensor input = trace.input("x", DType.FLOAT32, Shape.of(3));
    Tensor x = input.leaf();
    Tensor y = input.leaf();
    Tensor loss = x.mul(y.sign()).sumAll();
    assertThatThrownBy(() -> trace.grad(List.of(loss), List.of(x, y), List.of(), false, false))
        .hasMessageStartingWith("program unused: no gradient flows");
  }
}
