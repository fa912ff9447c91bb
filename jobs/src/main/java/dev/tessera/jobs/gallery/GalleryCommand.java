package dev.tessera.jobs.gallery;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera verify gallery}. */
@Command(
    name = "gallery",
    description = {
      "Train a small network on a density of two dimensions by every objective, draw from each with",
      "every sampler, and write the pictures and their distances from the data. Exit code 1 if a",
      "distance is no less than that of a normal law of the data's moments."
    })
public final class GalleryCommand implements Callable<Integer> {

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FOLDER",
      description = "Where gallery.png, frameworks.png and gallery.md are written.")
  private String output;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(GalleryRecipe.defaults());

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    GalleryRecipe recipe = overrides.apply(GalleryRecipe.defaults());
    Path folder = Path.of(output);
    Fonts.require();
    Console out = console.console();
    GalleryFiles.writeFrameworks(folder);
    Gallery.Drawn drawn;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      drawn = new Gallery(recipe, Objective.all(), Column.all()).run(runtime, out::say);
    }
    List<Path> written = GalleryFiles.write(drawn, folder);
    out.say("gallery  " + written);
    List<String> missed = drawn.missed();
    if (!missed.isEmpty()) {
      out.say(
          "FAILED  no closer to the data than a normal law of its moments, "
              + PictureTable.note(drawn.normal())
              + ": "
              + String.join(", ", missed));
    }
    return missed.isEmpty() ? 0 : 1;
  }
}
