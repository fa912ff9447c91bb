package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.run.PlottedSeries;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.run.RunDirectory.Pictures;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The report of runs that took place. */
@ExtendWith(SharedChain.class)
class RealReportIT {

  private final Chain chain;

  RealReportIT(Chain chain) {
    this.chain = chain;
  }

  @Test
  void aTokenizersReportShowsItsCurvesReconstructionsAndCodebook() throws Exception {
    RunDirectory run = chain.tokenizer();
    String page = new Outcome(run).text("report.html");

    PlottedSeries.in(page).assertAreThoseOf(run);
    assertThat(PlottedSeries.in(page).names())
        .contains("step rec_loss", "evaluation heldout_psnr", "evaluation heldout_codebook_usage");
    assertThat(page).contains("<h2>Codebook</h2>", "of 32 used");
    assertShows(page, run, Pictures.RECONSTRUCTIONS, 320L, 640L, 800L);
  }

  @Test
  void aDiffusionModelsReportShowsItsCurvesAndSamples() throws Exception {
    RunDirectory run = chain.diffusion();
    String page = new Outcome(run).text("report.html");

    PlottedSeries.in(page).assertAreThoseOf(run);
    assertThat(PlottedSeries.in(page).names()).contains("step loss", "step images_per_second");
    assertShows(page, run, Pictures.SAMPLES, 400L, 800L);
  }

  private static void assertShows(String page, RunDirectory run, Pictures kind, Long... images)
      throws IOException {
    List<RunDirectory.Picture> drawn = run.pictures(kind);
    assertThat(drawn).extracting(RunDirectory.Picture::images).containsExactly(images);
    assertThat(drawn)
        .allSatisfy(
            picture ->
                assertThat(page).contains(Base64.getEncoder().encodeToString(picture.png())));
  }
}
