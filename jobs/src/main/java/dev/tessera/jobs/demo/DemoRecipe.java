package dev.tessera.jobs.demo;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What the demo does. Its two training recipes are the files of {@code conf/recipes}, which travel
 * in the jar.
 *
 * @param work folder of everything it makes
 * @param input of ingest
 * @param tokenizerImages length of the first training
 * @param diffusionImages length of the second
 * @param samples pictures to draw and judge
 */
public record DemoRecipe(
    String work, String input, long tokenizerImages, long diffusionImages, int samples) {

  static final String TOKENIZER = "conf/recipes/vqgan-icons.yaml";
  static final String DIFFUSION = "conf/recipes/dit-icons.yaml";

  public DemoRecipe {
    if (samples < 100) {
      throw new IllegalArgumentException("samples: " + samples + " (expected: 100 or more)");
    }
  }

  /** Five families of drawings that a small model can learn in minutes. */
  public static DemoRecipe defaults() {
    return new DemoRecipe(
        "runs/demo", "icons:?count=12000&classes=flag,face,chat,cloud,person", 36_000, 72_000, 400);
  }

  /** Whether a model is trained for less than the full length. */
  public boolean shortened() {
    return diffusionImages < defaults().diffusionImages
        || tokenizerImages < defaults().tokenizerImages;
  }

  /** How its tokenizer is trained. */
  public Recipe.Tokenizer tokenizer() {
    return (Recipe.Tokenizer)
        read(
            TOKENIZER,
            List.of(
                "data=" + work + "/images",
                "schedule.images=" + tokenizerImages,
                "schedule.checkpoint-images=" + portion(tokenizerImages),
                "model.adversary.start-images=" + tokenizerImages * 3 / 4,
                "output.runs=" + work + "/runs"));
  }

  /** How its diffusion model is trained. */
  public Recipe.Diffusion diffusion() {
    return (Recipe.Diffusion)
        read(
            DIFFUSION,
            List.of(
                "data=" + work + "/tokens/latents",
                "schedule.images=" + diffusionImages,
                "schedule.checkpoint-images=" + portion(diffusionImages),
                "output.runs=" + work + "/runs"));
  }

  /** Three looks at a run on its way. */
  private static long portion(long images) {
    return Math.max(1, (images + 2) / 3);
  }

  private static Recipe read(String file, List<String> overrides) {
    String resource = file.replaceFirst("^conf", "");
    try (InputStream in = DemoRecipe.class.getResourceAsStream(resource)) {
      String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return RecipeReader.parse(Recipe.class, file, yaml, overrides);
    } catch (IOException e) {
      throw new UserException(
          "Cannot read the recipe " + file + " of the jar: " + e.getMessage(), e);
    }
  }
}
