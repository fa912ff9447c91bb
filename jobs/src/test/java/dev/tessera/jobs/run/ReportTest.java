package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  @TempDir private static Path folder;
  private static RunDirectory run;
  private static String page;

  @BeforeAll
  static void writeReport() throws Exception {
    run = SampleRun.in(folder);
    page = Files.readString(Path.of(run.writeReport().toUri().getPath()));
    String kept = System.getProperty("tessera.test.report");
    if (kept != null) {
      Files.writeString(Path.of(kept), page);
    }
  }

  @Test
  void everyPlottedSeriesIsTheLogsSeries() throws Exception {
    PlottedSeries plotted = PlottedSeries.in(page);

    assertThat(plotted.names())
        .containsExactlyInAnyOrder(
            "step loss",
            "step gradient-norm",
            "step learning-rate",
            "step images-per-second",
            "evaluation psnr",
            "evaluation codebook-usage");
    plotted.assertAreThoseOf(run);
  }

  @Test
  void aLongSeriesIsThinnedToValuesOfTheLogWithItsEndsAndExtremes() {
    for (int seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      int size = Chart.MOST_POINTS + random.nextInt(20_000);
      double[] values = random.doubles(size, -5, 5).toArray();
      long[] images = IntStream.range(0, size).mapToLong(i -> i * 32L).toArray();
      Series whole = new Series(MetricLine.Kind.STEP, "loss", images, values);

      double[][] points = PlottedSeries.in(Chart.of(whole, images[size - 1])).points("step loss");

      assertThat(points[0]).hasSizeLessThanOrEqualTo(Chart.MOST_POINTS).isSorted();
      for (int i = 0; i < points[0].length; i++) {
        assertThat(points[1][i]).isEqualTo(values[(int) (points[0][i] / 32)]);
      }
      assertThat(points[1])
          .contains(Arrays.stream(values).min().getAsDouble())
          .contains(Arrays.stream(values).max().getAsDouble())
          .startsWith(values[0])
          .endsWith(values[size - 1]);
    }
  }

  @Test
  void thePageNeedsNothingFromOutside() {
    assertThat(page).doesNotContain("http://", "https://", "<script", "@import", "<link");
    assertThat(Pattern.compile("(src|href)=\"(?!data:)").matcher(page).find()).isFalse();
    assertThat(page).contains("data:image/png;base64,");
  }

  @Test
  void itHoldsRanksRecipeCommandAndEnvironment() {
    assertThat(page)
        .contains("<td>worker-2<td>4712<td>1<td>400<td>12,800<td>1.6 GiB<td>4.0 MiB")
        .contains("learning-rate: 1e-4 # &lt;kept&gt;")
        .contains("tessera train --config 'conf/recipes/a b.yaml' images=25600")
        .contains("<th>spark.my.password<td>(hidden)")
        .doesNotContain("hunter2")
        .contains("<dt>loss, recent mean</dt>")
        .contains("after 25,600 images")
        .contains("of 256 used");
  }

  @Test
  void aRunWithoutAnythingYetHasAPageToo() throws Exception {
    RunDirectory empty =
        RunDirectory.create(
            new org.apache.hadoop.fs.Path(folder.toUri()),
            "new",
            List.of("train"),
            new Configuration());

    assertThat(Report.of(empty)).contains("No metrics yet.").endsWith("</html>\n");
  }

  @Test
  void awkwardValuesAreDrawnInsideTheFrame() {
    Pattern coordinate = Pattern.compile("[ML]([-0-9.]+) ([-0-9.]+)");
    double[][] awkward = {
      {1},
      {0, 0, 0},
      {-1, -1},
      {Double.NaN},
      {1e-300, 1e300},
      {Double.NaN, 1, Double.NEGATIVE_INFINITY, 2},
      {1e-9, 1.0000001e-9},
      {-5, 1e6},
      {Double.MAX_VALUE, Double.MIN_VALUE}
    };
    for (double[] values : awkward) {
      long[] images = IntStream.range(0, values.length).mapToLong(i -> i * 10L).toArray();
      Series series = new Series(MetricLine.Kind.STEP, "a<b", images, values);
      String svg = Chart.of(series, 10L * values.length);
      Matcher points = coordinate.matcher(svg);
      while (points.find()) {
        assertThat(Double.parseDouble(points.group(1))).as(svg).isBetween(52.0, 508.0);
        assertThat(Double.parseDouble(points.group(2))).as(svg).isBetween(12.0, 212.0);
      }
      assertThat(svg).contains("a&lt;b");
    }
  }
}
