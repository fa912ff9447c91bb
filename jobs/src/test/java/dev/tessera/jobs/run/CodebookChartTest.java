package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CodebookChartTest {

  @Test
  void theTitleTellsUseAndPerplexity() {
    assertThat(CodebookChart.of(new long[] {5, 0, 5, 5, 0, 5, 0, 0}))
        .contains("4 of 8 used (50 %), perplexity 4");
  }

  @Test
  void aCodebookThatNothingUsedIsDrawnEmpty() {
    assertThat(CodebookChart.of(new long[4])).contains("0 of 4 used (0 %), perplexity 0");
  }
}
