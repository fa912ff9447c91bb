package dev.tessera.jobs.config;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Texts to single values: numbers, booleans, strings and enums. */
final class Scalars {

  private static final Pattern WHOLE = Pattern.compile("[+-]?(0|[1-9][0-9]*(_[0-9]+)*)");
  private static final Pattern REAL =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  private static final Map<String, Double> SPECIAL =
      Map.of(
          ".nan", Double.NaN, ".inf", Double.POSITIVE_INFINITY, "-.inf", Double.NEGATIVE_INFINITY);

  private static final Map<Class<?>, Kind> KINDS =
      Map.of(
          int.class, whole(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValueExact),
          Integer.class, whole(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValueExact),
          long.class, whole(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValueExact),
          Long.class, whole(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValueExact),
          double.class, new Kind("a number", Scalars::real),
          Double.class, new Kind("a number", Scalars::real),
          boolean.class, new Kind("true or false", Scalars::truth),
          Boolean.class, new Kind("true or false", Scalars::truth),
          String.class, new Kind("a text", Optional::of));

  /** A kind of scalar: what it is called and how it is read. */
  private record Kind(String expected, Function<String, Optional<Object>> parser) {}

  private Scalars() {}

  static boolean covers(Class<?> type) {
    return KINDS.containsKey(type) || type.isEnum();
  }

  /** What a text of this type must be, for messages. */
  static String expected(Class<?> type) {
    if (type.isEnum()) {
      return "one of: " + String.join(", ", names(type));
    }
    return KINDS.get(type).expected();
  }

  /** The value that {@code text} means, or nothing if it means none. */
  static Optional<Object> parse(Class<?> type, String text) {
    if (type.isEnum()) {
      return Arrays.<Object>stream(type.getEnumConstants())
          .filter(c -> KeyNames.of((Enum<?>) c).equalsIgnoreCase(text.replace('_', '-')))
          .findFirst();
    }
    return KINDS.get(type).parser().apply(text);
  }

  /** The names of an enum's constants in a recipe; empty for other types. */
  static List<String> names(Class<?> type) {
    if (!type.isEnum()) {
      return List.of();
    }
    return Arrays.stream(type.getEnumConstants()).map(c -> KeyNames.of((Enum<?>) c)).toList();
  }

  private static Kind whole(long min, long max, Function<BigInteger, Object> narrow) {
    BigInteger least = BigInteger.valueOf(min);
    BigInteger most = BigInteger.valueOf(max);
    return new Kind(
        "a whole number up to " + max,
        text ->
            WHOLE.matcher(text).matches()
                ? Optional.of(new BigInteger(text.replace("_", "")))
                    .filter(n -> n.compareTo(least) >= 0 && n.compareTo(most) <= 0)
                    .map(narrow)
                : Optional.empty());
  }

  private static Optional<Object> real(String text) {
    if (SPECIAL.containsKey(text)) {
      return Optional.of(SPECIAL.get(text));
    }
    String plain = WHOLE.matcher(text).matches() ? text.replace("_", "") : text;
    return REAL.matcher(plain).matches() ? Optional.of(Double.valueOf(plain)) : Optional.empty();
  }

  private static Optional<Object> truth(String text) {
    return switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }
}
