package dev.tessera.models.graph.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationsTest {

  /** Blocks by the order in which they are asked for. */
  private static final class Counting implements Allocations.Memory<Integer> {
    private final List<Long> asked = new ArrayList<>();

    @Override
    public Integer allocate(long bytes) {
      asked.add(bytes);
      return asked.size() - 1;
    }

    @Override
    public void free(Integer block) {}
  }

  @Test
  void resultsAreToldApartWhateverTheirSizes() {
    Trace trace = new Trace("results", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(6));
    Tensor sum = x.add(1);
    Tensor alike = x.mul(sum.mul(2));
    Tensor view = sum.reshape(2, 3);
    Program program = trace.finish(alike, sum, view, x.reshape(3, 2));

    Counting memory = new Counting();
    Allocations.Left<Integer> left = program.allocations().replay(memory, true);

    assertThat(memory.asked).containsOnly(6L * Float.BYTES).hasSize(3);
    assertThat(left.blocks()).containsExactlyInAnyOrder(0, 2);
    assertThat(left.ofResults()).containsExactly(2, 0, 0, null);
  }
}
