package dev.tessera.jobs.chain;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.ingest.IngestJob;
import dev.tessera.jobs.ingest.IngestRecipe;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.sample.SampleJob;
import dev.tessera.jobs.sample.SampleRequest;
import dev.tessera.jobs.sample.SampleSummary;
import dev.tessera.jobs.tokenizer.TokenizeJob;
import dev.tessera.jobs.tokenizer.TokenizeSettings;
import dev.tessera.jobs.tokenizer.TokenizeSummary;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.jobs.train.TrainingJob;
import dev.tessera.spark.inference.InferenceDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.SparkSession;

/**
 * The chain of jobs on two real executors, with tiny models. What several tests start from is made
 * once, when the first of them asks.
 */
final class Chain implements AutoCloseable {

  /** Side of all pictures in pixels. */
  static final int SIZE = 16;

  private final Path folder;
  private final SparkSession spark;
  private String images;
  private RunDirectory tokenizer;
  private String tokens;
  private RunDirectory diffusion;

  Chain() throws IOException {
    folder = Files.createTempDirectory("tessera-chain");
    spark = LocalCluster.start(folder);
  }

  SparkSession spark() {
    return spark;
  }

  /** A path that nothing else uses. */
  Path path(String name) {
    return folder.resolve(name);
  }

  /** Embedded icons of three classes. */
  String images() {
    if (images == null) {
      images = ingest("icons:?count=480&classes=flag,face,cloud", "images");
    }
    return images;
  }

  /** A tokenizer of {@link #images}, trained for a moment. */
  RunDirectory tokenizer() {
    if (tokenizer == null) {
      tokenizer = train(Recipes.VQGAN, "data=" + images());
    }
    return tokenizer;
  }

  /** The folder of {@link #images}' codes and latents. */
  String tokens() {
    if (tokens == null) {
      tokens = path("tokens").toString();
      tokenize(tokenizer(), images(), tokens, 0);
    }
    return tokens;
  }

  /** A class-conditional DiT of {@link #tokens}, trained by one rank. */
  RunDirectory diffusion() {
    if (diffusion == null) {
      diffusion = train(Recipes.DIT, "data=" + tokens() + "/latents", "ranks.count=1");
    }
    return diffusion;
  }

  String ingest(String input, String name) {
    IngestRecipe recipe =
        RecipeReader.override(
            IngestRecipe.of(input, path(name).toString()),
            List.of("size=" + SIZE, "heldout=0.1", "partitions=2"));
    IngestJob.run(spark, recipe);
    return recipe.output();
  }

  RunDirectory train(String yaml, String... overrides) {
    List<String> all = new ArrayList<>();
    all.add("output.runs=" + path("runs"));
    all.add("output.cache=" + path("cache"));
    all.addAll(List.of(overrides));
    Recipe recipe = RecipeReader.parse(Recipe.class, "a test", yaml, all);
    return new TrainingJob(spark, Console.standard(false)).run(recipe, "a test", List.of("train"));
  }

  TokenizeSummary tokenize(RunDirectory run, String table, String output, int partitions) {
    return new TokenizeJob(spark)
        .run(run.path().toString(), table, output, TokenizeSettings.defaults().tasks(partitions));
  }

  /** Draws 30 pictures. */
  SampleSummary sample(
      RunDirectory run, String name, long seed, Optional<String> label, int partitions) {
    return new SampleJob(spark)
        .run(
            new SampleRequest(
                run.path().toString(),
                path(name).toString(),
                30,
                seed,
                label,
                SampleRequest.Way.RECIPES,
                partitions,
                false,
                InferenceDevice.CPU));
  }

  @Override
  public void close() {
    spark.stop();
    FileUtil.fullyDelete(folder.toFile());
  }
}
