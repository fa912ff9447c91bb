package dev.tessera.models.train;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.GraphStream;
import dev.tessera.models.runtime.StepGraph;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few steps program by program, then each step as one CUDA graph: hundreds of kernels are
 * launched as one. Steps of different phases, before and after a discriminator's start, are graphs
 * of their own. Where a graph cannot be captured, the reason is logged and steps go on program by
 * program.
 */
final class GraphSteps implements Steps {

  /** Enough for libraries to choose their algorithms and for the allocator to have its blocks. */
  private static final int WARM_UP = 3;

  private static final Logger LOG = LoggerFactory.getLogger(GraphSteps.class);

  /** One combination of phases. */
  private static final class Combination {
    private int steps;
    private StepGraph graph;
    private long bytes;
    private List<PhaseOutput> outputs = List.of();
  }

  private final GraphStream stream;
  private final Collective collective;
  private final Map<List<PhaseRunner>, Combination> combinations = new HashMap<>();
  private final List<PhaseOutput> eager = new ArrayList<>();
  private boolean refused;
  private long replayedBytes;

  GraphSteps(TorchRuntime runtime, Collective collective) {
    this.collective = collective;
    stream = new GraphStream(runtime);
    refused = !GraphStream.wanted();
  }

  @Override
  public List<PhaseOutput> run(List<PhaseRunner> phases, List<Shard> shards, Stopwatch stopwatch) {
    Combination combination = combinations.computeIfAbsent(phases, p -> new Combination());
    // What a capture calls, the collective has counted; a later launch calls nothing.
    replayedBytes = combination.graph == null ? 0 : combination.bytes;
    if (combination.graph == null && !refused && combination.steps >= WARM_UP) {
      capture(combination, phases, shards);
    }
    combination.steps++;
    if (combination.graph != null) {
      stopwatch.time(StepPart.GRAPH, combination.graph::launch);
      return combination.outputs;
    }
    stream.run(() -> eager.addAll(EagerSteps.launch(phases, shards, stopwatch)));
    return eager;
  }

  private void capture(Combination combination, List<PhaseRunner> phases, List<Shard> shards) {
    List<PhaseOutput> outputs = new ArrayList<>();
    long sent = collective.bytesSent();
    try {
      combination.graph =
          // Times of work that is captured and not done mean nothing.
          stream.capture(() -> outputs.addAll(EagerSteps.launch(phases, shards, Stopwatch.idle())));
      combination.bytes = collective.bytesSent() - sent;
      combination.outputs = outputs;
    } catch (UserException | CollectiveException e) {
      outputs.forEach(PhaseOutput::close);
      throw e;
    } catch (RuntimeException e) {
      refused = true;
      // What was counted was not sent: the same step does it again.
      replayedBytes = sent - collective.bytesSent();
      outputs.forEach(PhaseOutput::close);
      LOG.warn("Steps run program by program, without a CUDA graph: {}", e.getMessage());
    }
  }

  @Override
  public long replayedBytes() {
    return replayedBytes;
  }

  @Override
  public void renew() {
    release();
    dropGraphs();
    combinations.values().forEach(combination -> combination.steps = 0);
  }

  @Override
  public void separate() {
    release();
    dropGraphs();
    refused = true;
  }

  private void dropGraphs() {
    for (Combination combination : combinations.values()) {
      if (combination.graph != null) {
        combination.graph.close();
        combination.graph = null;
      }
      combination.outputs.forEach(PhaseOutput::close);
      combination.outputs = List.of();
    }
  }

  @Override
  public void release() {
    // A graph's outputs stay: they are where its next launch writes.
    stream.run(() -> eager.forEach(PhaseOutput::close));
    eager.clear();
  }

  @Override
  public void close() {
    release();
    dropGraphs();
    stream.close();
  }
}
