package dev.tessera.models.fused;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operands that do not fit are refused by the name of the operator that was called. */
final class OperatorErrorsTest {

  private static final TensorType TOKENS = floats(2, 5, 128);
  private static final TensorType ROW = floats(2, 128);
  private static final TensorType PICTURES = floats(2, 8, 4, 4);
  private static final TensorType VECTOR = floats(7);

  private static TensorType floats(long... dims) {
    return new TensorType(DType.FLOAT32, Shape.of(dims));
  }

  static Stream<Arguments> calls() {
    return Stream.of(
        Arguments.of(new NormModulate(1e-6), List.of(TOKENS, ROW, ROW), 3),
        Arguments.of(new AddNormModulate(1e-6), List.of(TOKENS, ROW, TOKENS, ROW, ROW), 5),
        Arguments.of(new BiasGelu(), List.of(TOKENS, floats(128)), 2),
        Arguments.of(new AddBias(1), List.of(PICTURES, floats(8), PICTURES), 3),
        Arguments.of(new ScaledSum(1), List.of(PICTURES, PICTURES), 2),
        Arguments.of(
            new GroupNormSilu.Operator(new GroupNormSilu(2, 1e-5, true, 0), 0),
            List.of(PICTURES, floats(2, 8), floats(8), floats(8)),
            4),
        Arguments.of(
            new AdamWEma(0.9, 0.99, 1e-8, 0, true),
            List.of(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR),
            5));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void eachOperandIsCheckedUnderTheOperatorsName(
      CustomOperator operator, List<TensorType> right, int checked) {
    assertThat(operator.infer(right)).isNotEmpty();
    // The channels of pictures, the width of all else; then other dimensions altogether.
    List<String> messages = new ArrayList<>();
    for (int i = 0; i < right.size(); i++) {
      Shape shape = right.get(i).shape();
      messages.add(refused(operator, right, i, shape.with(shape.rank() == 4 ? 1 : -1, 3)));
      messages.add(refused(operator, right, i, Shape.of(3)));
    }
    assertThat(messages)
        .hasSize(2 * checked)
        .allMatch(message -> message.startsWith(operator.name() + " expects"));
  }

  private static String refused(
      CustomOperator operator, List<TensorType> right, int wrong, Shape shape) {
    List<TensorType> operands = new ArrayList<>(right);
    operands.set(wrong, new TensorType(right.get(wrong).dtype(), shape));
    try {
      operator.infer(operands);
    } catch (ShapeException e) {
      return e.getMessage();
    }
    return "operand " + wrong + " was not refused";
  }
}
