package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Which columns of one Parquet file are what; null for none.
 *
 * @param image a struct with {@code bytes} or of Spark's image source, or plain binary
 * @param path of the picture, beside plain binary
 * @param unlike a column that looks like the label and cannot be one
 */
record ParquetColumns(
    String image,
    String path,
    String label,
    String caption,
    String split,
    String group,
    String unlike) {

  private static final List<String> IMAGES =
      List.of("image", "img", "jpg", "jpeg", "png", "webp", "picture", "content", "bytes");
  static final List<String> LABELS =
      List.of("label", "labels", "fine_label", "class", "cls", "class_label", "target", "category");
  static final List<String> CAPTIONS = List.of("caption", "text", "prompt", "description", "txt");
  private static final List<String> PATHS =
      List.of("path", "file_name", "filename", "key", "__key__", "url");

  /**
   * @throws InvalidDatasetException if a column that {@code asked} names is missing or none such,
   *     or if there is no picture
   */
  static ParquetColumns of(String file, MessageType schema, Columns asked) {
    String label = asked.label();
    if (label.equals(Columns.NONE)) {
      label = null;
    } else if (label.equals(Columns.AUTO)) {
      label = first(schema, LABELS, ParquetLabels::understood);
    } else if (!schema.containsField(label) && ParquetSource.hiveLabel(file, asked) != null) {
      label = null; // The folder says it.
    } else {
      label = named(file, schema, label, "label");
      require(
          ParquetLabels.understood(schema.getType(label)),
          file
              + ": column "
              + schema.getType(label)
              + " cannot be a label"
              + " (expected: whole numbers, text or booleans; columns.label=none reads none)");
    }
    String unlike = null;
    if (label == null && asked.label().equals(Columns.AUTO)) {
      unlike = first(schema, LABELS, type -> true);
    }
    String caption = asked.caption();
    if (caption.equals(Columns.NONE)) {
      caption = null;
    } else if (caption.equals(Columns.AUTO)) {
      caption = first(schema, CAPTIONS, ParquetColumns::isText);
    } else {
      caption = named(file, schema, caption, "caption");
      require(isText(schema.getType(caption)), file + ": column " + caption + " is no text");
    }
    String group =
        asked.group().equals(Columns.NONE) ? null : named(file, schema, asked.group(), "group");
    require(
        group == null || ParquetLabels.understood(schema.getType(group)),
        file + ": column " + group + " cannot be a group (expected: numbers or text)");
    return new ParquetColumns(
        image(file, schema, asked.image()),
        first(schema, PATHS, ParquetColumns::isText),
        label,
        caption,
        first(schema, List.of("split"), ParquetColumns::isText),
        group,
        unlike);
  }

  /** Whether a column of this name is taken for the label. */
  static boolean isLabelName(String name) {
    return LABELS.contains(name.toLowerCase(Locale.ROOT));
  }

  private static String image(String file, MessageType schema, String asked) {
    if (!asked.equals(Columns.AUTO)) {
      String name = named(file, schema, asked, "image");
      require(
          isPicture(schema.getType(name)),
          file
              + ": column "
              + name
              + " holds no bytes (expected: binary, a struct with bytes, or Spark's image)");
      return name;
    }
    String usual = first(schema, IMAGES, ParquetColumns::isPicture);
    if (usual != null) {
      return usual;
    }
    return schema.getFields().stream()
        .filter(type -> !type.isPrimitive() && isPicture(type))
        .map(Type::getName)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidDatasetException(
                    file
                        + " has no column image: struct<bytes: binary, path: string> or binary (its"
                        + " columns: "
                        + names(schema)
                        + "); columns.image=NAME names another"));
  }

  private static String named(String file, MessageType schema, String name, String key) {
    if (!schema.containsField(name)) {
      throw missing(file, name, key, names(schema));
    }
    return name;
  }

  static InvalidDatasetException missing(String file, String name, String key, String columns) {
    return new InvalidDatasetException(
        file + " has no column " + name + " (columns." + key + "; its columns: " + columns + ")");
  }

  private static void require(boolean condition, String sentence) {
    if (!condition) {
      throw new InvalidDatasetException(sentence);
    }
  }

  private static String names(MessageType schema) {
    return schema.getFields().stream().map(Type::getName).collect(Collectors.joining(", "));
  }

  private static String first(MessageType schema, List<String> names, Predicate<Type> fits) {
    for (String name : names) {
      Optional<Type> found =
          schema.getFields().stream()
              .filter(type -> type.getName().equalsIgnoreCase(name) && fits.test(type))
              .findFirst();
      if (found.isPresent()) {
        return found.get().getName();
      }
    }
    return null;
  }

  static boolean isText(Type type) {
    return isBinary(type)
        && (type.getLogicalTypeAnnotation()
                instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation
            || type.getLogicalTypeAnnotation()
                instanceof LogicalTypeAnnotation.EnumLogicalTypeAnnotation);
  }

  private static boolean isPicture(Type type) {
    if (type.isPrimitive()) {
      return isBinary(type) && !isText(type);
    }
    GroupType struct = type.asGroupType();
    return !type.isRepetition(Type.Repetition.REPEATED)
        && (isSparkImage(struct)
            || (struct.containsField("bytes") && isBinary(struct.getType("bytes"))));
  }

  /** {@code struct<origin, height, width, nChannels, mode, data>} of Spark's image source. */
  static boolean isSparkImage(GroupType struct) {
    return Stream.of("height", "width", "nChannels", "mode").allMatch(name -> isInt(struct, name))
        && struct.containsField("data")
        && isBinary(struct.getType("data"));
  }

  private static boolean isInt(GroupType struct, String name) {
    return struct.containsField(name)
        && struct.getType(name).isPrimitive()
        && !struct.getType(name).isRepetition(Type.Repetition.REPEATED)
        && struct.getType(name).asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32;
  }

  private static boolean isBinary(Type type) {
    return type.isPrimitive()
        && !type.isRepetition(Type.Repetition.REPEATED)
        && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
  }

  List<String> all() {
    return Stream.of(image, path, label, caption, split, group)
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }
}
