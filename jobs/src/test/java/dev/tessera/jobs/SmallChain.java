package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Both trainings on 96 icons of 16 pixels, two steps each: real tables, checkpoints and runs in
 * seconds, made by the commands themselves.
 */
public record SmallChain(Path folder) {

  private static final String TOKENIZER =
      """
      type: tokenizer
      name: small-vqgan
      data: %1$s/images
      model:
        network: {patch: 2, channels: 8, multipliers: [1, 2], blocks: 1, attention: false}
        codes: {count: 16, width: 4}
        adversary: {channels: 8, layers: 1, weight: 0.1, start-images: 8}
      schedule: {batch: 8, shards: 4, images: 16, checkpoint-images: 16}
      preview: {pictures: 2, measured: 4}
      ranks: {count: 1}
      output: {runs: %1$s/runs}
      """;

  private static final String DIFFUSION =
      """
      type: diffusion
      name: small-dit
      data: %1$s/tokens/latents
      model:
        backbone: {type: dit, patch: 2, width: 16, depth: 1, heads: 2}
        class-conditional: true
      schedule: {batch: 8, shards: 4, images: 16, checkpoint-images: 16}
      sampling: {steps: 2, batch: 4}
      ranks: {count: 1}
      output: {runs: %1$s/runs}
      """;

  /** Writes the recipes and makes the image table. */
  public static SmallChain ingested(Path folder) throws IOException {
    SmallChain chain = new SmallChain(folder);
    chain.writeRecipes();
    done(
        "ingest",
        "--input",
        "icons:?count=96&classes=flag,cloud",
        "--output",
        chain.images(),
        "size=16");
    return chain;
  }

  /** Writes the recipes alone. */
  public void writeRecipes() throws IOException {
    Files.writeString(tokenizerRecipe(), TOKENIZER.formatted(folder));
    Files.writeString(diffusionRecipe(), DIFFUSION.formatted(folder));
  }

  /** The whole chain but for samples. */
  public static SmallChain trained(Path folder) throws IOException {
    SmallChain chain = ingested(folder);
    done("train-tokenizer", "--config", chain.tokenizerRecipe().toString());
    done(
        "tokenize",
        "--checkpoint",
        chain.tokenizerRun(),
        "--input",
        chain.images(),
        "--output",
        folder + "/tokens");
    done("train", "--config", chain.diffusionRecipe().toString());
    return chain;
  }

  private static void done(String... arguments) {
    AtTheTerminal.Ended ended = AtTheTerminal.run(arguments);
    assertThat(ended.code()).as(ended.error()).isZero();
  }

  public Path tokenizerRecipe() {
    return folder.resolve("vqgan.yaml");
  }

  public Path diffusionRecipe() {
    return folder.resolve("dit.yaml");
  }

  public String images() {
    return folder + "/images";
  }

  public String latents() {
    return folder + "/tokens/latents";
  }

  public String tokenizerRun() {
    return folder + "/runs/0001-small-vqgan";
  }

  public String diffusionRun() {
    return folder + "/runs/0002-small-dit";
  }

  /** Every file and folder there is now, to compare with later. */
  public List<String> content() throws IOException {
    List<String> names = new ArrayList<>();
    try (var paths = Files.walk(folder)) {
      paths.forEach(path -> names.add(folder.relativize(path).toString()));
    }
    Collections.sort(names);
    return names;
  }
}
