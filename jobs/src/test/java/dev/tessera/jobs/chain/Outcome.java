package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.jobs.run.MetricLine;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorSpec;
import dev.tessera.spark.inference.StoredWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;

/** What a run left in its directory. */
record Outcome(RunDirectory run) {

  private static final Set<String> CLOCKS =
      Set.of("images_per_second", "gflops", "communication_seconds", "data_seconds");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A line of the log without what a clock measured. */
  record Line(MetricLine.Kind kind, long step, long images, Map<String, Double> values) {}

  Path file(String name) {
    return Path.of(run.path().toUri().getPath()).resolve(name);
  }

  String text(String name) throws IOException {
    return Files.readString(file(name));
  }

  /** The log as it holds, superseded lines left out. */
  List<Line> log() throws IOException {
    return run.metrics().stream()
        .map(
            line ->
                new Line(
                    line.kind(),
                    line.step(),
                    line.images(),
                    line.values().entrySet().stream()
                        .filter(e -> !CLOCKS.contains(e.getKey()))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))))
        .toList();
  }

  /** A metric of all steps, in order. */
  double[] curve(String name) throws IOException {
    return log().stream()
        .filter(line -> line.kind() == MetricLine.Kind.STEP)
        .mapToDouble(line -> line.values().get(name))
        .toArray();
  }

  List<JsonNode> ranks() throws IOException {
    List<JsonNode> ranks = new ArrayList<>();
    JSON.readTree(file("ranks.json").toFile()).forEach(ranks::add);
    return ranks;
  }

  Checkpoint checkpoint() {
    return StoredWeights.checkpoint(new Configuration(), run.path().toString());
  }

  /** Every tensor of the newest checkpoint, in its bytes. */
  Map<String, ByteBuffer> tensors() throws IOException {
    Checkpoint checkpoint = checkpoint();
    Map<String, ByteBuffer> tensors = new TreeMap<>();
    List<NamedTensor> targets = new ArrayList<>();
    for (TensorSpec spec : checkpoint.tensors()) {
      ByteBuffer memory =
          ByteBuffer.allocateDirect(Math.toIntExact(spec.bytes())).order(ByteOrder.nativeOrder());
      long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
      tensors.put(spec.name(), memory);
      targets.add(NamedTensor.of(spec.name(), spec.dtype(), memory.duplicate(), shape));
    }
    checkpoint.read(targets);
    return tensors;
  }

  /** All numbers of the tensors whose names begin so, one after the other. */
  float[] numbers(String prefix) throws IOException {
    List<Float> numbers = new ArrayList<>();
    tensors()
        .forEach(
            (name, memory) -> {
              if (name.startsWith(prefix)) {
                var floats = memory.order(ByteOrder.nativeOrder()).asFloatBuffer();
                while (floats.hasRemaining()) {
                  numbers.add(floats.get());
                }
              }
            });
    float[] all = new float[numbers.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = numbers.get(i);
    }
    return all;
  }

  /** Asserts that another run came to the same end on the same way, bit for bit. */
  void assertSameAs(Outcome other) throws IOException {
    List<Line> lines = log();
    List<Line> others = other.log();
    // One by one: two whole logs would bury the first line that differs.
    for (int i = 0; i < Math.min(lines.size(), others.size()); i++) {
      assertThat(lines.get(i)).isEqualTo(others.get(i));
    }
    assertThat(lines).hasSameSizeAs(others).isNotEmpty();
    assertThat(checkpoint().manifest().counters())
        .isEqualTo(other.checkpoint().manifest().counters());
    Map<String, ByteBuffer> expected = other.tensors();
    Map<String, ByteBuffer> actual = tensors();
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).isNotEmpty();
    actual.forEach((name, memory) -> assertThat(memory).as(name).isEqualTo(expected.get(name)));
  }
}
