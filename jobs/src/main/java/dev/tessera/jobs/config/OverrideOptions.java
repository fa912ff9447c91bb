package dev.tessera.jobs.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The arguments of a command whose recipe has no file: {@code key=value ...}. Its help lists the
 * keys.
 */
public final class OverrideOptions {

  private final List<String> footer;
  private final Class<?> type;

  @Parameters(paramLabel = "key=value", description = "Overrides of the defaults.")
  private List<String> overrides = new ArrayList<>();

  /** Of a command that names its keys elsewhere. */
  public OverrideOptions() {
    this(List.of(), null);
  }

  private OverrideOptions(List<String> footer, Class<?> type) {
    this.footer = footer;
    this.type = type;
  }

  /** Of the record that the keys are of; null where that is not known here. */
  Class<?> type() {
    return type;
  }

  /**
   * With help on the keys of {@code defaults} and their values.
   *
   * @param flags components that flags of the command set
   */
  public static OverrideOptions of(Record defaults, String... flags) {
    List<String> set = Stream.of(flags).map(KeyNames::of).toList();
    String written = RecipeWriter.write(defaults);
    String left =
        written.contains(": null\n") ? " (null: left to the checkpoint or the table)" : "";
    List<String> lines = new ArrayList<>(List.of("", "Keys and their defaults" + left + ":"));
    written
        .lines()
        .map(line -> line.split(": ?", 2))
        .filter(pair -> !set.contains(pair[0]))
        .forEach(pair -> lines.add("  " + pair[0] + "=" + pair[1] + choices(defaults, pair[0])));
    return new OverrideOptions(List.copyOf(lines), defaults.getClass());
  }

  /** What an enum's key may be set to, after its default. */
  private static String choices(Record defaults, String key) {
    return Stream.of(defaults.getClass().getRecordComponents())
        .filter(component -> KeyNames.of(component.getName()).equals(key))
        .map(component -> Scalars.names(component.getType()))
        .filter(names -> !names.isEmpty())
        .map(names -> "  (" + String.join(", ", names) + ")")
        .findFirst()
        .orElse("");
  }

  @Spec(Spec.Target.MIXEE)
  void command(CommandSpec command) {
    // Picocli reads % as a format's.
    command
        .usageMessage()
        .footer(footer.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new));
  }

  /** As they were given. */
  public List<String> overrides() {
    return List.copyOf(overrides);
  }

  /** Changes what the user overrides; see {@link RecipeReader#override}. */
  public <T extends Record> T apply(T base) {
    return RecipeReader.override(base, overrides);
  }
}
