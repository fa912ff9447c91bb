package dev.tessera.jobs.config;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The override that was meant by an option which is none: {@code --resume RUN}. */
public final class KeyHint {

  /** More keys that end alike say nothing. */
  private static final int MOST = 3;

  private KeyHint() {}

  /**
   * Looks for keys that {@code option} names, in full or by their last part.
   *
   * @param arguments what takes the overrides: {@link RecipeOptions} or {@link OverrideOptions}
   * @param option such as {@code --resume} or {@code --resume=RUN}
   * @param next the word after it, which may be its value; or null
   * @return such as {@code output.resume=RUN}
   */
  public static Optional<String> of(Object arguments, String option, String next) {
    Class<?> recipe =
        arguments instanceof RecipeOptions file
            ? file.type()
            : arguments instanceof OverrideOptions overrides ? overrides.type() : null;
    if (recipe == null || !option.startsWith("--")) {
      return Optional.empty();
    }
    int equal = option.indexOf('=');
    String name = option.substring(2, equal < 0 ? option.length() : equal);
    String key = name.replace('_', '-').toLowerCase(Locale.ROOT);
    String given = equal < 0 ? next : option.substring(equal + 1);
    Map<String, Type> paths = Schema.typed(recipe);
    List<String> named =
        paths.containsKey(key)
            ? List.of(key)
            : paths.keySet().stream().filter(path -> path.endsWith("." + key)).toList();
    return named.isEmpty() || named.size() > MOST
        ? Optional.empty()
        : Optional.of(
            named.stream()
                .map(path -> path + "=" + value(paths.get(path), given))
                .collect(Collectors.joining(" or ")));
  }

  /** A switch has no value after it, and what begins another word is none. */
  private static String value(Type type, String given) {
    boolean truth = type == boolean.class;
    boolean none = given == null || given.isEmpty() || given.startsWith("-");
    if (none || (truth && !given.equals("true") && !given.equals("false"))) {
      return truth ? "true" : "VALUE";
    }
    return given;
  }
}
