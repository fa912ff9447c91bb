package dev.tessera.jobs.demo;

import dev.tessera.jobs.ingest.IngestJob;
import dev.tessera.jobs.ingest.IngestRecipe;
import dev.tessera.jobs.ingest.IngestSummary;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.sample.SampleJob;
import dev.tessera.jobs.sample.SampleRequest;
import dev.tessera.jobs.sample.SampleSummary;
import dev.tessera.jobs.tokenizer.TokenizeJob;
import dev.tessera.jobs.tokenizer.TokenizeSettings;
import dev.tessera.jobs.tokenizer.TokenizeSummary;
import dev.tessera.jobs.train.TrainingJob;
import dev.tessera.spark.inference.InferenceDevice;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** Ingest, train a tokenizer, tokenise, train a diffusion model, sample, judge. */
public final class DemoJob {

  private final SparkSession spark;
  private final Console console;

  public DemoJob(SparkSession spark, Console console) {
    this.spark = spark;
    this.console = console;
  }

  /** Runs the chain anew; what an earlier demo made in the same folder is replaced. */
  public DemoResult run(DemoRecipe recipe, List<String> command) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    String images = recipe.work() + "/images";
    IngestSummary ingested = IngestJob.run(spark, ingest(recipe, images));
    console.say("ingest  " + ingested.line());
    TrainingJob training = new TrainingJob(spark, console);
    RunDirectory tokenizer = training.run(recipe.tokenizer(), DemoRecipe.TOKENIZER, command);
    TokenizeSummary tokens =
        new TokenizeJob(spark)
            .run(
                tokenizer.path().toString(),
                images,
                recipe.work() + "/tokens",
                TokenizeSettings.defaults().overwriting());
    console.say(tokens.line());
    RunDirectory diffusion = training.run(recipe.diffusion(), DemoRecipe.DIFFUSION, command);
    SampleSummary samples =
        new SampleJob(spark)
            .run(
                new SampleRequest(
                    diffusion.path().toString(),
                    recipe.work() + "/samples",
                    recipe.samples(),
                    0,
                    Optional.empty(),
                    SampleRequest.Way.RECIPES,
                    0,
                    true,
                    InferenceDevice.CPU));
    console.say(samples.line());
    DemoVerdict verdict =
        new Judge(conf)
            .judge(
                images,
                tokenizer.path().toString(),
                recipe.work() + "/tokens/codes",
                recipe.work() + "/samples");
    for (DemoVerdict.Bound bound : verdict.bounds(recipe.shortened())) {
      console.say((bound.holds() ? "  ok    " : "  below ") + bound.text());
    }
    console.say("grid    " + samples.grid());
    console.say("report  " + tokenizer.report());
    console.say("report  " + diffusion.report());
    return new DemoResult(verdict, tokenizer, diffusion, samples);
  }

  private static IngestRecipe ingest(DemoRecipe recipe, String images) {
    return IngestRecipe.of(recipe.input(), images).overwriting();
  }
}
