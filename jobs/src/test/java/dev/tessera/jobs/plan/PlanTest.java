package dev.tessera.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.train.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(AtTheTerminal.class)
class PlanTest {

  @TempDir private static Path folder;
  private static SmallChain chain;

  @BeforeAll
  static void ingest() throws Exception {
    chain = SmallChain.ingested(folder);
  }

  private static Plan plan(Path recipe, String... overrides) throws Exception {
    Recipe read =
        RecipeReader.parse(
            Recipe.class, recipe.toString(), Files.readString(recipe), List.of(overrides));
    return Plan.of(read, new Configuration(), new SparkConf());
  }

  private static Map<String, String> facts(Path recipe, String... overrides) throws Exception {
    return plan(recipe, overrides).block("x").facts();
  }

  @Test
  void aPlanOfATokenizerTellsWhatItWillCost() throws Exception {
    Map<String, String> facts = facts(chain.tokenizerRecipe());

    assertThat(facts.get("recipe")).contains("learning-rate: 0.001", "shards: 4", "count: 16");
    assertThat(facts.get("data")).contains("training rows in " + chain.images());
    assertThat(facts.get("model")).contains("generator ", "discriminator ", " parameters");
    assertThat(facts.get("work"))
        .contains("reconstruction ", "generator ", "discriminator ", "MFLOP an image");
    assertThat(facts.get("steps")).isEqualTo("2 of 8 images: 4 shards of 2, 4 a rank");
    assertThat(facts.get("memory"))
        .contains("MB a rank: process 310,", "50 MB of heap in use", "spark.executor.memory");
    assertThat(facts.get("slots"))
        .isEqualTo("1 ranks, one task each; there are 1 executors x 2 cores / spark.task.cpus=1");
  }

  @Test
  void onAGpuThePlanTellsOfTheDevicesMemory() throws Exception {
    assertThat(facts(chain.tokenizerRecipe(), "ranks.device=gpu").get("memory"))
        .matches(
            "0\\.8 GiB of a GPU a rank: CUDA and libraries 0\\.8, parameters and optimiser 0\\.0,"
                + " batches 0\\.0, activations and gradients 0\\.0, fragments 0\\.\\d");
  }

  @Test
  void aRecipeMayTakeAllTheSlotsThereAre() throws Exception {
    String key = "ranks.count=0";
    assertThat(ranks("local[2]", key)).isEqualTo(2);
    assertThat(ranks("local[3]", key)).isEqualTo(2);
    // Four shards keep no more than four ranks busy.
    assertThat(ranks("local[16]", key)).isEqualTo(4);
    assertThat(ranks("spark://host:7077", key)).isEqualTo(4);
    assertThat(ranks("local[2]", "ranks.count=1")).isEqualTo(1);
  }

  private static int ranks(String master, String override) throws Exception {
    Recipe read =
        RecipeReader.parse(
            Recipe.class, "x", Files.readString(chain.tokenizerRecipe()), List.of(override));
    return Plan.of(read, new Configuration(), new SparkConf().set("spark.master", master)).ranks();
  }

  @Test
  void parametersAndWorkGrowAsTheyShould() throws Exception {
    String image = "data=" + chain.images();
    Plan one = plan(chain.diffusionRecipe(), image);
    Plan two = plan(chain.diffusionRecipe(), image, "model.backbone.depth=2");
    Plan three = plan(chain.diffusionRecipe(), image, "model.backbone.depth=3");

    assertThat(size(three) - size(two)).isEqualTo(size(two) - size(one)).isPositive();
    assertThat(flops(three) - flops(two)).isEqualTo(flops(two) - flops(one)).isPositive();
    assertThat(three.memory().total()).isGreaterThan(one.memory().total());
    // Modulated block of width 16: qkv, output, two layers of the MLP, six modulations; biases.
    assertThat(size(two) - size(one)).isEqualTo(18 * 16 * 16 + 15 * 16);
  }

  private static long size(Plan plan) {
    return plan.objective().groups().get(0).layout().size();
  }

  private static double flops(Plan plan) {
    return plan.objective().phases().get(0).gradient().flops();
  }

  @Test
  void nothingIsRunAndNothingIsWritten() throws Exception {
    List<String> before = chain.content();

    AtTheTerminal.Ended ended =
        AtTheTerminal.run("plan", "--config", chain.tokenizerRecipe().toString());

    assertThat(ended.code()).as(ended.error()).isZero();
    assertThat(chain.content()).isEqualTo(before);
    assertThat(SparkSession.getDefaultSession().isEmpty()).isTrue();
  }
}
