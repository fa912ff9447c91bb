package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls at fixed places, and their results on the way to the host, on either device. */
final class ReplaysTest {

  private static final int SIZE = 1_000;
  private static final List<TensorType> TYPES =
      List.of(
          new TensorType(DType.FLOAT32, Shape.of(SIZE)),
          new TensorType(DType.INT64, Shape.of(1)),
          new TensorType(DType.UINT8, Shape.of(SIZE)));

  /** {@code x -> } its square, the place of its least element, and its bytes. */
  private static Program program() {
    Trace trace = new Trace("square", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(SIZE));
    return trace.finish(
        x.square(), x.reshape(1, SIZE).argMin(1), x.clamp(0, 255).round().cast(DType.UINT8));
  }

  /** Element {@code turn} is the least, and all others tell the turn. */
  private static float[] values(int turn) {
    float[] values = new float[SIZE];
    java.util.Arrays.fill(values, turn + 1);
    values[turn] = 0;
    return values;
  }

  private static void check(List<ByteBuffer> received, int turn) {
    assertThat(received).hasSize(3);
    assertThat(received.get(0).getFloat((turn + 1) * Float.BYTES))
        .isEqualTo((turn + 1f) * (turn + 1f));
    assertThat(received.get(1).getLong(0)).isEqualTo(turn);
    assertThat(received.get(2).remaining()).isEqualTo(SIZE);
    assertThat(received.get(2).get(turn)).isZero();
    assertThat(received.get(2).get(SIZE - 1)).isEqualTo((byte) (turn + 1));
  }

  private static List<NativeTensor> all(Results results) {
    return List.of(results.get(0), results.get(1), results.get(2));
  }

  /** Twelve turns, each received when the next has been sent. */
  private static void turns(TorchRuntime runtime, Replays replays) {
    try (Executable executable = runtime.load(program());
        StagedTensor x = StagedTensor.zeros(runtime, DType.FLOAT32, Shape.of(SIZE));
        StagedResults staged = new StagedResults(runtime, TYPES);
        replays) {
      Replays.Replay replay = replays.of(executable, List.of(x.tensor()));
      for (int turn = 0; turn < 12; turn++) {
        x.memory().asFloatBuffer().put(values(turn));
        x.send();
        staged.send(all(replay.run()));
        if (turn > 0) {
          check(staged.receive(), turn - 1);
        }
      }
      check(staged.receive(), 11);
      runtime.synchronize();
    }
  }

  @Test
  void everyCallSeesItsOwnInputs() {
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      turns(runtime, Replays.captured(runtime));
      turns(runtime, Replays.called());
    }
  }

  @Test
  void everyCallSeesItsOwnInputsOnAGpu() {
    try (TorchRuntime runtime = OneGpu.open()) {
      turns(runtime, Replays.captured(runtime));
      turns(runtime, Replays.called());
    }
  }

  @Test
  void twoProgramsShareOneStreamOfGraphs() {
    try (TorchRuntime runtime = OneGpu.open();
        Executable executable = runtime.load(program());
        NativeTensor a = runtime.zeros(DType.FLOAT32, Shape.of(SIZE));
        NativeTensor b = runtime.zeros(DType.FLOAT32, Shape.of(SIZE));
        Replays replays = Replays.captured(runtime)) {
      Replays.Replay first = replays.of(executable, List.of(a));
      Replays.Replay second = replays.of(executable, List.of(b));
      for (int turn = 0; turn < 10; turn++) {
        a.set(values(turn));
        b.set(values(turn + 20));
        Results one = first.run();
        Results two = second.run();
        assertThat(one.get(1).toLongs()).containsExactly(turn);
        assertThat(two.get(1).toLongs()).containsExactly(turn + 20);
        assertThat(two.get(0).toFloats()[0]).isEqualTo((turn + 21f) * (turn + 21f));
      }
    }
  }

  @Test
  void noMoreThanTwoSetsAreOnTheirWay() {
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program());
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(SIZE));
        StagedResults staged = new StagedResults(runtime, TYPES);
        Results results = executable.run(x)) {
      assertThatThrownBy(staged::receive).hasMessageContaining("before they were sent");
      staged.send(all(results));
      staged.send(List.of(results.get(0), results.get(1)));
      assertThatThrownBy(() -> staged.send(all(results)))
          .hasMessageContaining("before the last two were received");
      assertThat(staged.receive()).hasSize(3);
      assertThat(staged.receive()).hasSize(2);
      assertThatThrownBy(() -> staged.send(List.of(results.get(1))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("int64");
    }
  }

  @Test
  void aCopyTakesTheValuesOfItsType() {
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(3));
        NativeTensor y = runtime.zeros(DType.FLOAT32, Shape.of(3));
        NativeTensor z = runtime.zeros(DType.FLOAT32, Shape.of(4))) {
      x.set(1f, 2f, 3f);
      y.copyFrom(x);
      assertThat(y.toFloats()).containsExactly(1, 2, 3);
      assertThatThrownBy(() -> z.copyFrom(x)).hasMessageContaining("expected: float32[4]");
    }
  }
}
