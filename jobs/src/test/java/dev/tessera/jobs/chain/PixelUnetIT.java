package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.sample.SampleSummary;
import dev.tessera.spark.table.TableFrames;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An unconditional U-Net on pixels; a run that is taken up again. */
@ExtendWith(SharedChain.class)
class PixelUnetIT {

  private final Chain chain;

  PixelUnetIT(Chain chain) {
    this.chain = chain;
  }

  @Test
  void aRunResumedWithMoreImagesOnOneRankEndsAsALongerRunOnTwo() throws Exception {
    String data = "data=" + chain.images();
    RunDirectory begun = chain.train(Recipes.UNET, data, "schedule.images=48");
    RunDirectory resumed =
        chain.train(Recipes.UNET, data, "output.resume=" + begun.path(), "ranks.count=1");
    RunDirectory whole = chain.train(Recipes.UNET, data);

    assertThat(resumed.path()).isEqualTo(begun.path());
    assertThat(new Outcome(begun).text("metrics.jsonl"))
        .containsPattern("\"resume\".*\"images\":48");
    new Outcome(resumed).assertSameAs(new Outcome(whole));

    SampleSummary samples = chain.sample(whole, "samples-unet", 1, Optional.empty(), 2);
    assertThat(samples.manifest().rows()).isEqualTo(30);
    assertThat(samples.manifest().imageSize()).isEqualTo(Chain.SIZE);
    assertThat(TableFrames.read(chain.spark(), samples.output()).filter("label is null").count())
        .isEqualTo(30);
  }
}
