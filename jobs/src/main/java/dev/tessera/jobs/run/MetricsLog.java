package dev.tessera.jobs.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Appends to a run's {@code metrics.jsonl} and reads it back.
 *
 * <p>A run may be killed and resumed from a checkpoint that is older than its last lines. The new
 * attempt notes so with {@link #resumed}; on reading, lines beyond the restored images are dropped,
 * and of two lines of one kind for the same images the later wins. The file itself keeps every
 * line.
 */
public final class MetricsLog implements AutoCloseable {

  private final LineFile file;

  private MetricsLog(LineFile file) {
    this.file = file;
  }

  static MetricsLog open(Path path, Configuration hadoop) throws IOException {
    return new MetricsLog(LineFile.open(path, hadoop));
  }

  /** Appends a line; it is on its way to the disk when this returns. */
  public synchronized void append(MetricLine line) throws IOException {
    file.append(MetricJson.write(line));
  }

  /** Notes that training goes on from a checkpoint taken at {@code images}. */
  public synchronized void resumed(long step, long images, double seconds) throws IOException {
    append(new MetricLine(MetricLine.Kind.RESUME, step, images, seconds, Map.of()));
  }

  /** Notes what the recovery took that ended with the first step from {@code images}. */
  public synchronized void recovered(
      long step, long images, double seconds, Map<String, Double> values) throws IOException {
    append(new MetricLine(MetricLine.Kind.RECOVERY, step, images, seconds, values));
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }

  /** The lines that hold, in the order of images; none when there is no such file. */
  static List<MetricLine> read(Path path, Configuration hadoop) throws IOException {
    return holding(
        LineFile.read(path, hadoop).stream().flatMap(t -> MetricJson.read(t).stream()).toList());
  }

  private record Key(MetricLine.Kind kind, long images) {}

  static List<MetricLine> holding(List<MetricLine> written) {
    Map<Key, MetricLine> lines = new LinkedHashMap<>();
    for (MetricLine line : written) {
      if (line.kind() == MetricLine.Kind.RESUME) {
        lines.keySet().removeIf(key -> key.images() > line.images());
      } else if (line.kind() != MetricLine.Kind.RECOVERY) {
        lines.put(new Key(line.kind(), line.images()), line);
      }
    }
    List<MetricLine> sorted = new ArrayList<>(lines.values());
    sorted.sort(Comparator.comparingLong(MetricLine::images));
    return List.copyOf(sorted);
  }
}
