package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Numbers of the classes that a table's labels mean.
 *
 * @param names by number
 * @param numbers of values as text; null where values are the numbers
 * @param own names that each file has for its own numbers, by location; files without have none
 */
record ParquetLabels(
    List<String> names, Map<String, Integer> numbers, Map<String, List<String>> own)
    implements Serializable {

  /** Whole numbers below this stay what they are, and no table has more classes. */
  static final int MAX_CLASSES = 100_000;

  /** Values that are the numbers of {@code names}. */
  static ParquetLabels counted(List<String> names, long highest) {
    List<String> all = new ArrayList<>(names);
    while (all.size() <= highest) {
      all.add(String.valueOf(all.size()));
    }
    return new ParquetLabels(List.copyOf(all), null, Map.of());
  }

  /** Values that are numbers if all are small whole ones, else names. */
  static ParquetLabels of(Collection<String> values) {
    if (!values.stream().allMatch(value -> value.matches("\\d{1,5}"))) {
      return named(values, Map.of());
    }
    return counted(List.of(), values.stream().mapToLong(Long::parseLong).max().orElse(-1));
  }

  /** Values in their order: that of numbers if all are, else that of the text. */
  static ParquetLabels named(Collection<String> values, Map<String, List<String>> own) {
    List<String> names = new ArrayList<>(values);
    boolean whole = names.stream().allMatch(name -> name.matches("-?\\d{1,18}"));
    names.sort(whole ? (a, b) -> Long.compare(Long.parseLong(a), Long.parseLong(b)) : null);
    Map<String, Integer> numbers = new HashMap<>();
    names.forEach(name -> numbers.put(name, numbers.size()));
    return new ParquetLabels(List.copyOf(names), numbers, own);
  }

  /** The class of a value, or null. */
  Integer number(String file, String value) {
    if (value == null) {
      return null;
    }
    if (numbers != null) {
      return numbers.get(name(own.get(file), value));
    }
    long number = Long.parseLong(value);
    return number < 0 || number >= names.size() ? null : (Integer) (int) number;
  }

  /** A file's own name for a value of its, if it has one. */
  static String name(List<String> own, String value) {
    if (own == null || !value.matches("\\d{1,9}")) {
      return value;
    }
    int number = Integer.parseInt(value);
    return number < own.size() ? own.get(number) : value;
  }

  static InvalidDatasetException tooMany(String file, String column) {
    return new InvalidDatasetException(
        String.format(
            Locale.ROOT,
            "%s: column %s has more than %,d different values, too many for classes: name another"
                + " with columns.label=NAME, or none with columns.label=none",
            file,
            column,
            MAX_CLASSES));
  }

  /** Whether a column's values can be classes: whole numbers, text, booleans, floats. */
  static boolean understood(Type type) {
    if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)) {
      return false;
    }
    PrimitiveType primitive = type.asPrimitiveType();
    return switch (primitive.getPrimitiveTypeName()) {
      case INT32, INT64 ->
          primitive.getLogicalTypeAnnotation() == null
              || primitive.getLogicalTypeAnnotation()
                  instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation;
      case BOOLEAN, FLOAT, DOUBLE -> true;
      case BINARY -> ParquetColumns.isText(type);
      default -> false;
    };
  }

  static boolean isWhole(Type type) {
    PrimitiveTypeName name = type.asPrimitiveType().getPrimitiveTypeName();
    return name == PrimitiveTypeName.INT32 || name == PrimitiveTypeName.INT64;
  }

  /** A value as text; null for none: the {@code datasets} library writes -1 for that. */
  static String value(Group group, String column) {
    if (column == null
        || !group.getType().containsField(column)
        || group.getFieldRepetitionCount(column) == 0) {
      return null;
    }
    String text =
        switch (group.getType().getType(column).asPrimitiveType().getPrimitiveTypeName()) {
          case INT32 -> String.valueOf(group.getInteger(column, 0));
          case INT64 -> String.valueOf(group.getLong(column, 0));
          case BOOLEAN -> String.valueOf(group.getBoolean(column, 0));
          case FLOAT -> floating(group.getFloat(column, 0));
          case DOUBLE -> floating(group.getDouble(column, 0));
          default -> group.getString(column, 0);
        };
    return text == null || text.isEmpty() || text.equals("-1") ? null : text;
  }

  private static String floating(double value) {
    if (Double.isNaN(value)) {
      return null;
    }
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? String.valueOf((long) value) : String.valueOf(value);
  }
}
