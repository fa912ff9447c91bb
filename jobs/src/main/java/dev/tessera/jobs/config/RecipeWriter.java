package dev.tessera.jobs.config;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes a record as canonical YAML: every key, in the order declared, two spaces a level. Equal
 * records give equal text, and {@link RecipeReader} reads the text back to an equal record.
 */
public final class RecipeWriter {

  private RecipeWriter() {}

  /** The text of a recipe that was read as its own class. */
  public static String write(Record recipe) {
    return text(recipe.getClass(), recipe);
  }

  /** The text of a recipe that was read as the sealed interface {@code declared}. */
  public static <T> String write(Class<T> declared, T recipe) {
    return text(declared, recipe);
  }

  /** Every key by its dotted path with the text of its value; lists and maps are one value. */
  public static <T> Map<String, String> keys(Class<T> declared, T recipe) {
    Map<String, String> all = new LinkedHashMap<>();
    keys(all, "", declared, recipe);
    return all;
  }

  private static void keys(Map<String, String> all, String path, Type type, Object value) {
    if (value instanceof Optional<?> optional && optional.isPresent()) {
      keys(all, path, Schema.held(type), optional.get());
    } else if (value instanceof Record group) {
      if (Schema.isVariant(type)) {
        all.put(KeyNames.join(path, Binder.TYPE), KeyNames.of(group.getClass().getSimpleName()));
      }
      Schema.components(group.getClass())
          .forEach(
              (key, c) ->
                  keys(all, KeyNames.join(path, key), c.getGenericType(), Schema.read(c, group)));
    } else {
      all.put(path, String.join(" ", lines(type, value)));
    }
  }

  private static String text(Type type, Object value) {
    return String.join("\n", lines(type, value)) + "\n";
  }

  private static List<String> lines(Type type, Object value) {
    if (value instanceof Optional<?> optional) {
      return optional.map(v -> lines(Schema.held(type), v)).orElse(List.of("null"));
    }
    if (value instanceof List<?> list) {
      return list(Schema.held(type), list);
    }
    if (value instanceof Map<?, ?> map) {
      return map(Schema.held(type), map);
    }
    return value instanceof Record group ? record(type, group) : List.of(scalar(value));
  }

  private static List<String> record(Type type, Record group) {
    List<String> lines = new ArrayList<>();
    if (Schema.isVariant(type)) {
      lines.add(Binder.TYPE + ": " + KeyNames.of(group.getClass().getSimpleName()));
    }
    Map<String, RecordComponent> components = Schema.components(group.getClass());
    components.forEach((key, c) -> entry(lines, key, c.getGenericType(), Schema.read(c, group)));
    return lines.isEmpty() ? List.of("{}") : lines;
  }

  private static List<String> map(Type held, Map<?, ?> map) {
    Map<String, Object> sorted = new TreeMap<>();
    map.forEach((key, value) -> sorted.put((String) key, value));
    List<String> lines = new ArrayList<>();
    sorted.forEach((key, value) -> entry(lines, YamlText.of(key), held, value));
    return lines.isEmpty() ? List.of("{}") : lines;
  }

  private static List<String> list(Type held, List<?> list) {
    List<List<String>> items = list.stream().map(item -> lines(held, item)).toList();
    if (items.stream().allMatch(i -> i.size() == 1 && isInline(held))) {
      return List.of("[" + String.join(", ", items.stream().map(i -> i.get(0)).toList()) + "]");
    }
    List<String> lines = new ArrayList<>();
    for (List<String> item : items) {
      lines.add("- " + item.get(0));
      item.subList(1, item.size()).forEach(line -> lines.add("  " + line));
    }
    return lines;
  }

  private static void entry(List<String> lines, String key, Type type, Object value) {
    List<String> nested = lines(type, value);
    if (nested.size() == 1 && (isInline(type) || isEmpty(nested.get(0)))) {
      lines.add(key + ": " + nested.get(0));
    } else {
      lines.add(key + ":");
      nested.forEach(line -> lines.add("  " + line));
    }
  }

  /** Whether one line of this type may stand behind its key: not so for a group of one key. */
  private static boolean isInline(Type type) {
    Class<?> raw = Schema.raw(type);
    if (raw == List.class || raw == Optional.class) {
      return isInline(Schema.held(type));
    }
    return Scalars.covers(raw);
  }

  private static boolean isEmpty(String line) {
    return line.equals("{}") || line.equals("[]") || line.equals("null");
  }

  private static String scalar(Object value) {
    if (value instanceof Enum<?> constant) {
      return KeyNames.of(constant);
    }
    if (value instanceof Double number) {
      return YamlText.of(number);
    }
    return value instanceof String text ? YamlText.of(text) : String.valueOf(value);
  }
}
