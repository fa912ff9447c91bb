package dev.tessera.jobs.config;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The arguments of a command whose recipe has no file: {@code key=value ...}. */
public final class OverrideOptions {

  @Parameters(paramLabel = "key=value", description = "Overrides of the defaults, such as size=64.")
  private List<String> overrides = new ArrayList<>();

  /** Changes what the user overrides; see {@link RecipeReader#override}. */
  public <T extends Record> T apply(T base) {
    return RecipeReader.override(base, overrides);
  }
}
