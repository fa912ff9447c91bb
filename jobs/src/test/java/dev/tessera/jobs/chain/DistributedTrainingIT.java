package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.run.RunDirectory;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Eight shards on one rank and on two ranks in two processes. */
@ExtendWith(SharedChain.class)
class DistributedTrainingIT {

  private final Chain chain;

  DistributedTrainingIT(Chain chain) {
    this.chain = chain;
  }

  private Outcome train(String... overrides) {
    String[] all = new String[overrides.length + 1];
    all[0] = "data=" + chain.tokens() + "/latents";
    System.arraycopy(overrides, 0, all, 1, overrides.length);
    return new Outcome(chain.train(Recipes.DIT, all));
  }

  @Test
  void theTreeSumsToTheSameBitsOnOneRankAndOnTwo() throws Exception {
    Outcome one = new Outcome(chain.diffusion());
    Outcome two = train("ranks.count=2", "ranks.allreduce=tree");

    assertThat(one.curve("loss")).hasSize(50);
    two.assertSameAs(one);
    assertTwoProcessesSent(two);
    assertThat(one.ranks()).singleElement().satisfies(rank -> assertThat(sent(rank)).isZero());
  }

  @Test
  void theVqgansTwoNetworksAndItsCodebookToo() throws Exception {
    RunDirectory two = chain.tokenizer();
    Outcome one =
        new Outcome(chain.train(Recipes.VQGAN, "data=" + chain.images(), "ranks.count=1"));

    one.assertSameAs(new Outcome(two));
    assertTwoProcessesSent(new Outcome(two));
  }

  @Test
  void theRingKeepsToTheGradientAndTheLossCurve() throws Exception {
    double[] expected = new Outcome(chain.diffusion()).curve("loss");
    Outcome ring = train("ranks.allreduce=ring");
    double[] curve = ring.curve("loss");
    assertThat(curve).hasSameSizeAs(expected);
    for (int i = 0; i < curve.length; i++) {
      assertThat(curve[i]).as("step " + (i + 1)).isCloseTo(expected[i], withPercentage(0.1));
    }
    assertTwoProcessesSent(ring);

    // AdamW's first moment after one step is the gradient times 1 - beta1.
    float[] alone = train("ranks.count=1", "schedule.images=16").numbers("exp_avg/");
    float[] shared = train("ranks.allreduce=ring", "schedule.images=16").numbers("exp_avg/");
    assertThat(relativeDistance(shared, alone)).isLessThan(1e-6);
  }

  private static double relativeDistance(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      norm += Math.pow(b[i], 2);
    }
    assertThat(norm).isPositive();
    return Math.sqrt(difference / norm);
  }

  private static long sent(JsonNode rank) {
    return rank.get("bytesSent").asLong();
  }

  /** By {@code ranks.json}, and as the report prints it. */
  private static void assertTwoProcessesSent(Outcome outcome) throws IOException {
    List<JsonNode> ranks = outcome.ranks();
    assertThat(ranks).hasSize(2).allSatisfy(rank -> assertThat(sent(rank)).isPositive());
    assertThat(ranks)
        .extracting(rank -> rank.get("pid").asLong())
        .doesNotHaveDuplicates()
        .doesNotContain(ProcessHandle.current().pid());
    String report = outcome.text("report.html");
    assertThat(report).contains("<th>host<th>pid", "<th>sent per step");
    for (JsonNode rank : ranks) {
      assertThat(report)
          .containsPattern(
              "<td>%s<td>%d<td>0<td>50<td>400<td>[^<]*B<td>[1-9][^<]*B</tr>"
                  .formatted(rank.get("host").asText(), rank.get("pid").asLong()));
    }
  }
}
