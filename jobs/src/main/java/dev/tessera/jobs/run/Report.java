package dev.tessera.jobs.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run as one page that needs nothing but itself: no network, no script, no other file. It is made
 * from the run directory alone, so it can be made again at any time.
 */
final class Report {

  /** Grids through training: more would bury the last one. */
  private static final int MOST_GRIDS = 12;

  private final StringBuilder page = new StringBuilder();
  private final RunDirectory run;

  private Report(RunDirectory run) {
    this.run = run;
  }

  /** The text of {@code report.html}. */
  static String of(RunDirectory run) throws IOException {
    return new Report(run).page();
  }

  private String page() throws IOException {
    String name = Svg.escape(run.path().getName());
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
        .append(name)
        .append("</title>\n<style>\n")
        .append(style())
        .append("</style>\n</head>\n<body>\n<header>\n<h1>")
        .append(name)
        .append("</h1>\n<p><code>")
        .append(Svg.escape(run.command()))
        .append("</code></p>\n");
    List<MetricLine> lines = run.metrics();
    summary(lines);
    page.append("</header>\n");
    grids(RunDirectory.Pictures.SAMPLES, "Samples", "Drawn by the model.");
    curves(lines);
    grids(
        RunDirectory.Pictures.RECONSTRUCTIONS,
        "Reconstructions",
        "Held-out originals, each with its reconstruction below it.");
    codebook();
    ranks();
    recipe();
    environment();
    return page.append("</body>\n</html>\n").toString();
  }

  private void summary(List<MetricLine> lines) {
    if (lines.isEmpty()) {
      page.append("<p>No metrics yet.</p>\n");
      return;
    }
    MetricLine last = lines.get(lines.size() - 1);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("images seen", Quantity.count(last.images()));
    facts.put("steps", Quantity.count(last.step()));
    facts.put("time", Quantity.duration(last.seconds()));
    if (last.seconds() > 0) {
      facts.put("images/s, mean", Quantity.rate((double) last.images() / last.seconds()));
    }
    for (Series series : ordered(lines).stream().limit(3).toList()) {
      // Its chart tells the last value: one name must not have two numbers.
      String term = series.name() + (series.recentIsMean() ? ", recent mean" : "");
      facts.put(term, Unit.text(series.name(), series.recent()));
    }
    page.append("<dl class=\"tiles\">\n");
    facts.forEach(
        (term, fact) ->
            page.append("<div><dt>")
                .append(Svg.escape(term))
                .append("</dt><dd>")
                .append(Svg.escape(fact))
                .append("</dd></div>\n"));
    page.append("</dl>\n");
  }

  /** Losses first, held-out numbers next, the rest as logged. */
  private static List<Series> ordered(List<MetricLine> lines) {
    List<Series> series = new ArrayList<>(Series.of(lines));
    series.sort(
        Comparator.comparingInt(
            (Series s) ->
                s.name().contains("loss") ? 0 : s.kind() == MetricLine.Kind.EVALUATION ? 1 : 2));
    return series;
  }

  private void curves(List<MetricLine> lines) {
    if (lines.isEmpty()) {
      return;
    }
    long last = lines.get(lines.size() - 1).images();
    section("Curves", "Thin: as logged. Strong: smoothed.");
    page.append("<div class=\"charts\">\n");
    ordered(lines).forEach(series -> page.append(Chart.of(series, last)));
    page.append("</div></section>\n");
  }

  private void grids(RunDirectory.Pictures pictures, String title, String lead) throws IOException {
    List<RunDirectory.Picture> grids = run.pictures(pictures);
    if (grids.isEmpty()) {
      return;
    }
    section(title, lead + " The newest is large, then through training.");
    picture(grids.get(grids.size() - 1), "large");
    page.append("<div class=\"strip\">\n");
    if (grids.size() > 1) {
      spread(grids).forEach(grid -> picture(grid, "small"));
    }
    page.append("</div></section>\n");
  }

  /** At most {@link #MOST_GRIDS}, evenly apart, the first and the last among them. */
  private static List<RunDirectory.Picture> spread(List<RunDirectory.Picture> grids) {
    List<RunDirectory.Picture> chosen = new ArrayList<>();
    int count = Math.min(MOST_GRIDS, grids.size());
    for (int i = 0; i < count; i++) {
      chosen.add(grids.get(i * (grids.size() - 1) / Math.max(1, count - 1)));
    }
    return chosen;
  }

  private void picture(RunDirectory.Picture picture, String style) {
    String caption = Quantity.count(picture.images()) + " images";
    page.append("<figure class=\"picture ")
        .append(style)
        .append("\"><img alt=\"grid after ")
        .append(caption)
        .append("\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(picture.png()))
        .append("\"><figcaption>after ")
        .append(caption)
        .append("</figcaption></figure>\n");
  }

  private void codebook() throws IOException {
    long[] counts = run.codebook();
    if (counts.length > 0) {
      section("Codebook", "");
      page.append(CodebookChart.of(counts)).append("</section>\n");
    }
  }

  private void ranks() throws IOException {
    List<RankFacts> ranks = run.ranks();
    if (ranks.isEmpty()) {
      return;
    }
    section("Ranks", "Each rank is one task of the barrier job; bytes are payload sent to peers.");
    page.append("<div class=\"scroll\"><table><thead><tr><th>rank<th>host<th>pid<th>attempt")
        .append("<th>steps<th>images<th>sent<th>sent per step</tr></thead>\n<tbody>\n");
    for (RankFacts rank : ranks) {
      page.append("<tr><td>")
          .append(
              String.join(
                  "<td>",
                  String.valueOf(rank.rank()),
                  Svg.escape(rank.host()),
                  String.valueOf(rank.pid()),
                  String.valueOf(rank.attempt()),
                  Quantity.count(rank.steps()),
                  Quantity.count(rank.images()),
                  Quantity.bytes((double) rank.bytesSent()),
                  Quantity.bytes(rank.bytesPerStep())))
          .append("</tr>\n");
    }
    page.append("</tbody></table></div></section>\n");
  }

  private void recipe() throws IOException {
    String recipe = run.config().orElse("");
    if (!recipe.isEmpty()) {
      section("Recipe", "As resolved: file, overrides and defaults.");
      page.append("<pre>").append(Svg.escape(recipe)).append("</pre></section>\n");
    }
  }

  private void environment() throws IOException {
    Map<String, Map<String, String>> groups = run.environment();
    if (groups.isEmpty()) {
      return;
    }
    section("Environment", "");
    groups.forEach(
        (group, facts) -> {
          page.append("<details><summary>")
              .append(Svg.escape(group))
              .append("</summary><div class=\"scroll\"><table class=\"facts\"><tbody>\n");
          facts.forEach(
              (name, fact) ->
                  page.append("<tr><th>")
                      .append(Svg.escape(name))
                      .append("<td>")
                      .append(Svg.escape(fact))
                      .append("</tr>\n"));
          page.append("</tbody></table></div></details>\n");
        });
    page.append("</section>\n");
  }

  private void section(String title, String lead) {
    page.append("<section>\n<h2>").append(title).append("</h2>\n");
    if (!lead.isEmpty()) {
      page.append("<p class=\"lead\">").append(lead).append("</p>\n");
    }
  }

  private static String style() {
    try (InputStream in = Report.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
