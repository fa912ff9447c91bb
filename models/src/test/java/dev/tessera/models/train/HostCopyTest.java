package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostCopyTest {

  private static Layout layout() {
    return TinyObjective.of(TrainingLoopTest.SHARDS, TrainingLoopTest.SHARD_BATCH)
        .groups()
        .get(0)
        .layout();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 1000})
  void piecesAreAllValuesInOrderAndNoneIsLarger(long most) {
    Layout layout = layout();
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()))) {
      HostCopy.initialize(layout, 5, flat);
      HostCopy copy = HostCopy.of(flat, layout);
      copy.download();
      List<Float> whole = new ArrayList<>();
      List<String> names = new ArrayList<>();
      CRC32C sum = new CRC32C();
      for (NamedMemory memory : copy.named("")) {
        sum.update(memory.memory().duplicate());
        for (int i = 0; i < memory.shape().size(); i++) {
          whole.add(memory.memory().getFloat(i * Float.BYTES));
          names.add(memory.name());
        }
      }

      List<Float> read = new ArrayList<>();
      List<String> of = new ArrayList<>();
      CRC32C inPieces = new CRC32C();
      copy.read(
          most,
          (name, piece) -> {
            assertThat(piece.remaining()).isBetween(Float.BYTES, (int) most * Float.BYTES);
            for (int i = 0; i < piece.remaining(); i += Float.BYTES) {
              read.add(piece.getFloat(i));
              of.add(name);
            }
            inPieces.update(piece);
          });

      assertThat(read).isEqualTo(whole).anyMatch(value -> value != 0);
      assertThat(of).isEqualTo(names);
      assertThat(inPieces.getValue()).isEqualTo(sum.getValue());
    }
  }

  /** A look at a state, as before every checkpoint, keeps nothing of it. */
  @Test
  void onlyWhatIsToBeWrittenIsKept() {
    Layout layout = layout();
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()))) {
      HostCopy copy = HostCopy.of(flat, layout);
      copy.read((name, piece) -> assertThat(piece.remaining()).isPositive());
      assertThat(copy.named("")).isEmpty();
      copy.download();
      assertThat(copy.named("")).isNotEmpty();
    }
  }
}
