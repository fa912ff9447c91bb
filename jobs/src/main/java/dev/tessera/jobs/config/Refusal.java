package dev.tessera.jobs.config;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a record's constructor refused its values. Messages begin with the component's name as {@code
 * name: value (expected: ...)}; one that does not is about the record as a whole.
 *
 * @param key the component's key, or empty
 * @param reason the message without the name
 */
record Refusal(String key, String reason) {

  private static final Pattern NAMED = Pattern.compile("(?s)([A-Za-z][A-Za-z0-9]*): (.*)");

  static Refusal of(Class<?> type, String message) {
    String said = message == null ? "refused without a reason" : message;
    Matcher named = NAMED.matcher(said);
    if (named.matches() && hasComponent(type, named.group(1))) {
      return new Refusal(KeyNames.of(named.group(1)), named.group(2));
    }
    return new Refusal("", said);
  }

  private static boolean hasComponent(Class<?> type, String name) {
    return Arrays.stream(type.getRecordComponents()).anyMatch(c -> c.getName().equals(name));
  }
}
