package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {

  @TempDir private Path folder;
  private Path file;
  private org.apache.hadoop.fs.Path path;
  private final Configuration hadoop = new Configuration();

  @BeforeEach
  void nameFile() {
    file = folder.resolve("metrics.jsonl");
    path = new org.apache.hadoop.fs.Path(file.toUri());
  }

  private static MetricLine loss(long images, double loss) {
    return MetricLine.step(images / 10, images, images / 7.0, Map.of("loss", loss));
  }

  private void append(MetricLine... lines) throws Exception {
    try (MetricsLog log = MetricsLog.open(path, hadoop)) {
      for (MetricLine line : lines) {
        log.append(line);
      }
    }
  }

  @Test
  void anyNumbersComeBackWithTheirBits() throws Exception {
    Random random = new Random(2);
    List<MetricLine> written = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      Map<String, Double> values = new HashMap<>();
      values.put("loss", Double.longBitsToDouble(random.nextLong()));
      values.put("a \"quoted\"\nname", i % 2 == 0 ? Double.NaN : Double.NEGATIVE_INFINITY);
      written.add(MetricLine.step(i, i * 64L, random.nextDouble() * 1e6, values));
    }
    append(written.toArray(new MetricLine[0]));

    assertThat(MetricsLog.read(path, hadoop)).isEqualTo(written);
    assertThat(Files.readAllLines(file))
        .hasSize(500)
        .allMatch(l -> l.startsWith("{\"kind\":\"step\""));
  }

  @Test
  void linesBeyondTheRestoredImagesAreSuperseded() throws Exception {
    append(loss(10, 1), loss(20, 2), loss(30, 3), loss(40, 4));
    try (MetricsLog log = MetricsLog.open(path, hadoop)) {
      log.resumed(2, 20, 5);
      log.append(loss(30, 33));
    }

    assertThat(MetricsLog.read(path, hadoop))
        .containsExactly(loss(10, 1), loss(20, 2), loss(30, 33));
    assertThat(Files.readAllLines(file)).hasSize(6);
  }

  @Test
  void aRunCutAnywhereAndResumedReadsAsAnUnbrokenOne() {
    Random random = new Random(11);
    for (int trial = 0; trial < 300; trial++) {
      int total = 1 + random.nextInt(40);
      List<MetricLine> whole = new ArrayList<>();
      for (int i = 1; i <= total; i++) {
        whole.add(loss(i * 10L, i));
      }
      List<MetricLine> written = new ArrayList<>();
      int at = 0;
      for (int attempt = 0; attempt < 4; attempt++) {
        int until = attempt == 3 ? total : at + random.nextInt(total - at + 1);
        written.addAll(whole.subList(at, until));
        at = attempt == 3 ? total : random.nextInt(until + 1);
        if (attempt < 3) {
          written.add(new MetricLine(MetricLine.Kind.RESUME, at, at * 10L, 0, Map.of()));
          written.add(new MetricLine(MetricLine.Kind.RECOVERY, at, at * 10L, 0, Map.of("a", 1.0)));
        }
      }
      assertThat(MetricsLog.holding(written)).isEqualTo(whole);
    }
  }

  @Test
  void theLaterOfTwoLinesForTheSameImagesWins() {
    MetricLine held = MetricLine.evaluation(1, 10, 1, Map.of("psnr", 20.0));

    assertThat(MetricsLog.holding(List.of(loss(10, 1), held, loss(10, 2))))
        .containsExactlyInAnyOrder(loss(10, 2), held);
  }

  @Test
  void aLineThatAKillCutShortIsLostAlone() throws Exception {
    append(loss(10, 1));
    Files.writeString(file, "{\"kind\":\"step\",\"st", StandardOpenOption.APPEND);
    assertThat(MetricsLog.read(path, hadoop)).containsExactly(loss(10, 1));

    append(loss(20, 2));
    assertThat(MetricsLog.read(path, hadoop)).containsExactly(loss(10, 1), loss(20, 2));
  }

  @Test
  void whereNothingCanBeAppendedTheFileIsWrittenAgain() throws Exception {
    FileSystem raw = FileSystem.getLocal(hadoop).getRawFileSystem();
    Files.writeString(file, "first\ncut");
    try (LineFile lines = new LineFile.Rewriting(raw, path)) {
      lines.append("second");
      lines.append("third");
    }
    assertThat(Files.readString(file)).isEqualTo("first\ncut\nsecond\nthird\n");
  }

  @Test
  void aRunWithoutMetricsHasNone() throws Exception {
    assertThat(MetricsLog.read(path, hadoop)).isEmpty();
  }
}
