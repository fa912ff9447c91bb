package dev.tessera.datasets.table;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.PlainFileSystem;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * {@code .huggingface.yaml}: tells the {@code datasets} library the splits of a table and, where
 * there are classes, their names. It is JSON, which is YAML too. Spark leaves it out by its name.
 */
final class DatasetCard {

  static final String NAME = ".huggingface.yaml";

  private static final ObjectMapper JSON = new ObjectMapper();

  private DatasetCard() {}

  static void write(FileSystem fs, Path table, TableManifest manifest) throws IOException {
    Map<String, Object> card = new LinkedHashMap<>();
    List<Object> splits = new ArrayList<>();
    for (Subset split : Subset.values()) {
      if (manifest.rows(split) > 0) {
        splits.add(
            Map.of("split", split.label(), "path", TableKind.folderOf(split) + "/*.parquet"));
      }
    }
    card.put("configs", List.of(Map.of("config_name", "default", "data_files", splits)));
    if (!manifest.classNames().isEmpty()) {
      card.put("dataset_info", Map.of("features", features(manifest)));
    }
    try (OutputStream out = PlainFileSystem.of(fs).create(new Path(table, NAME), true)) {
      out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(card));
    }
  }

  private static List<Object> features(TableManifest manifest) {
    List<Object> features = new ArrayList<>();
    for (Type field : RowFormats.of(manifest.kind()).schema().getFields()) {
      Map<String, Object> feature = new LinkedHashMap<>();
      feature.put("name", field.getName());
      if (field.getName().equals("label")) {
        feature.put("dtype", Map.of("class_label", Map.of("names", names(manifest.classNames()))));
      } else if (field.isPrimitive()) {
        feature.put("dtype", value(field));
      } else if (field.getName().equals("image")) {
        feature.put("dtype", "image");
      } else {
        feature.put("sequence", "int32");
      }
      features.add(feature);
    }
    return features;
  }

  private static Map<String, String> names(List<String> classes) {
    Map<String, String> names = new LinkedHashMap<>();
    for (int i = 0; i < classes.size(); i++) {
      names.put(Integer.toString(i), classes.get(i));
    }
    return names;
  }

  private static String value(Type field) {
    PrimitiveTypeName type = field.asPrimitiveType().getPrimitiveTypeName();
    if (type == PrimitiveTypeName.BINARY) {
      boolean text =
          field.getLogicalTypeAnnotation()
              instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation;
      return text ? "string" : "binary";
    }
    return type == PrimitiveTypeName.INT64 ? "int64" : "int32";
  }
}
