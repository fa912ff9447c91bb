package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CodebookUsageTest {

  @Test
  void evenUseOfHalfTheEntriesHasHalfTheirNumberAsPerplexity() {
    CodebookUsage usage = new CodebookUsage(64);
    usage.accumulate(IntStream.range(0, 320).map(i -> i % 32).toArray());
    assertThat(usage.usage()).isEqualTo(0.5);
    assertThat(usage.perplexity()).isCloseTo(32, within(1e-12));
  }

  @Test
  void oneEntryHasPerplexityOneAndNoneHasNaN() {
    CodebookUsage usage = new CodebookUsage(8);
    assertThat(usage.perplexity()).isNaN();
    usage.accumulate(new int[] {3, 3, 3});
    assertThat(usage.perplexity()).isEqualTo(1);
    assertThat(usage.usage()).isEqualTo(0.125);
  }

  @Test
  void unevenUseHasTheExponentialOfItsEntropy() {
    CodebookUsage first = new CodebookUsage(3);
    CodebookUsage second = new CodebookUsage(3);
    first.accumulate(new int[] {0, 2});
    second.accumulate(new int[] {0, 0});
    first.merge(second);
    assertThat(first.counts()).containsExactly(3, 0, 1);
    double expected = Math.pow(0.75, -0.75) * Math.pow(0.25, -0.25);
    assertThat(first.perplexity()).isCloseTo(expected, within(1e-12));
    CodebookUsage known = CodebookUsage.of(first.counts());
    assertThat(known.perplexity()).isEqualTo(first.perplexity());
    assertThat(known.used()).isEqualTo(2);
  }

  @Test
  void aCodeOutsideTheBookIsRefused() {
    assertThatThrownBy(() -> new CodebookUsage(4).accumulate(new int[] {4}))
        .hasMessage("codes: 4 (expected: 0 to 3)");
  }
}
