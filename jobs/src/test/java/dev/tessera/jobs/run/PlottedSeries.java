package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The numbers that a report plots, by kind and name: {@code step loss}. */
public final class PlottedSeries {

  private static final Pattern SERIES =
      Pattern.compile(
          "data-kind=\"(.*?)\" data-name=\"(.*?)\" data-images=\"(.*?)\" data-values=\"(.*?)\"");

  private final Map<String, double[][]> found = new LinkedHashMap<>();

  private PlottedSeries() {}

  public static PlottedSeries in(String html) {
    PlottedSeries plotted = new PlottedSeries();
    Matcher series = SERIES.matcher(html);
    while (series.find()) {
      plotted.found.put(
          series.group(1) + " " + series.group(2),
          new double[][] {numbers(series.group(3)), numbers(series.group(4))});
    }
    return plotted;
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  public Set<String> names() {
    return found.keySet();
  }

  /** Images and values of one series. */
  double[][] points(String name) {
    return found.get(name);
  }

  /** Asserts that every series of the log is plotted as logged, and nothing else. */
  public void assertAreThoseOf(RunDirectory run) throws IOException {
    List<Series> logged = Series.of(run.metrics());
    assertThat(names())
        .containsExactlyInAnyOrderElementsOf(
            logged.stream().map(series -> series.kind().key() + " " + series.name()).toList())
        .isNotEmpty();
    for (Series series : logged) {
      double[][] points = points(series.kind().key() + " " + series.name());
      assertThat(points[0]).isEqualTo(Arrays.stream(series.images()).asDoubleStream().toArray());
      assertThat(points[1]).as(series.name()).isEqualTo(series.values());
    }
  }
}
