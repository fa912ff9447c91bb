package dev.tessera.models.train;

import java.util.ArrayList;
import java.util.List;

/** Program by program. */
final class EagerSteps implements Steps {

  private List<PhaseOutput> last = List.of();

  @Override
  public List<PhaseOutput> run(List<PhaseRunner> phases, List<Shard> shards, Stopwatch stopwatch) {
    last = launch(phases, shards, stopwatch);
    return last;
  }

  static List<PhaseOutput> launch(
      List<PhaseRunner> phases, List<Shard> shards, Stopwatch stopwatch) {
    List<PhaseOutput> outputs = new ArrayList<>();
    boolean launched = false;
    try {
      for (PhaseRunner phase : phases) {
        outputs.add(phase.launch(shards, stopwatch));
      }
      launched = true;
      return outputs;
    } finally {
      shards.forEach(Shard::forget);
      if (!launched) {
        outputs.forEach(PhaseOutput::close);
      }
    }
  }

  @Override
  public long replayedBytes() {
    return 0;
  }

  @Override
  public void renew() {}

  @Override
  public void separate() {}

  @Override
  public void release() {
    last.forEach(PhaseOutput::close);
    last = List.of();
  }

  @Override
  public void close() {
    release();
  }
}
