package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ParquetScan;
import dev.tessera.datasets.table.Subset;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Parquet files with a column {@code image: struct<bytes: binary, path: string>}, as the {@code
 * datasets} library and this project write them; {@code label} (integer), {@code caption} or {@code
 * text}, and {@code split} are read where present.
 *
 * @param root file, folder of files, nested at will, or a glob of files
 */
public record ParquetSource(String root) implements ImageSource {

  private static final List<String> COLUMNS = List.of("image", "label", "caption", "text", "split");

  @Override
  public String name() {
    return "parquet";
  }

  @Override
  public Listing list(Configuration conf) throws IOException {
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    for (SourceFiles.Found file : files(conf)) {
      long rows = rows(conf, file.path());
      segments.add(Segment.of(file.path().toString(), file.relative(), id, rows));
      id += rows;
    }
    if (id == 0) {
      throw SourceFiles.empty(root, "Parquet rows");
    }
    return new Listing(segments, List.of());
  }

  private List<SourceFiles.Found> files(Configuration conf) throws IOException {
    return SourceFiles.matching(conf, root).stream()
        .filter(file -> file.relative().endsWith(".parquet"))
        .filter(file -> !file.relative().startsWith("quarantine/") && !aside(file.relative()))
        .toList();
  }

  /** Whether Spark leaves it out by its name. */
  private static boolean aside(String relative) {
    return relative.startsWith("_") || relative.contains("/_");
  }

  private static long rows(Configuration conf, Path path) throws IOException {
    try (ParquetFileReader file = ParquetFileReader.open(HadoopInputFile.fromPath(path, conf))) {
      checkSchema(path, file.getFileMetaData().getSchema());
      return file.getRecordCount();
    } catch (IOException | RuntimeException e) {
      if (e instanceof InvalidDatasetException invalid) {
        throw invalid;
      }
      throw new InvalidDatasetException(
          path + " is not a readable Parquet file (" + e.getMessage() + "): write it again", e);
    }
  }

  private static void checkSchema(Path path, MessageType schema) {
    boolean struct =
        schema.containsField("image")
            && !schema.getType("image").isPrimitive()
            && isBinary(schema.getType("image").asGroupType(), "bytes");
    if (!struct) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s has no column image: struct<bytes: binary, path: string> (its columns: %s)",
              path,
              String.join(", ", schema.getFields().stream().map(f -> f.getName()).toList())));
    }
  }

  private static boolean isBinary(GroupType type, String field) {
    return type.containsField(field)
        && type.getType(field).isPrimitive()
        && type.getType(field).asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(split, segment -> new Rows(conf, segment));
  }

  private static final class Rows implements RawImages {

    private final Segment segment;
    private final ParquetScan scan;

    Rows(Configuration conf, Segment segment) throws IOException {
      this.segment = segment;
      this.scan =
          new ParquetScan(conf, new Path(segment.path()), COLUMNS, segment.from(), segment.to());
    }

    @Override
    public RawImage next() throws IOException {
      long row = scan.row();
      Group group = scan.next();
      if (group == null) {
        return null;
      }
      Group image = has(group, "image") ? group.getGroup("image", 0) : null;
      String own = image != null && has(image, "path") ? image.getString("path", 0) : "";
      String path = own.isEmpty() ? segment.name() + "#" + row : own;
      String caption = text(group, "caption");
      return new RawImage(
          segment.id() + row - segment.from(),
          path,
          path,
          label(group),
          caption == null ? text(group, "text") : caption,
          split(group),
          image == null || !has(image, "bytes")
              ? new RawImage.Unreadable("the row has no picture")
              : new RawImage.Encoded(image.getBinary("bytes", 0).getBytes(), null));
    }

    private static boolean has(Group group, String field) {
      return group.getType().containsField(field) && group.getFieldRepetitionCount(field) > 0;
    }

    private static String text(Group group, String field) {
      return has(group, field) && isBinary(group.getType(), field)
          ? group.getString(field, 0)
          : null;
    }

    private static Integer label(Group group) {
      if (!has(group, "label") || !group.getType().getType("label").isPrimitive()) {
        return null;
      }
      PrimitiveTypeName type =
          group.getType().getType("label").asPrimitiveType().getPrimitiveTypeName();
      Integer value = null;
      if (type == PrimitiveTypeName.INT32) {
        value = group.getInteger("label", 0);
      } else if (type == PrimitiveTypeName.INT64) {
        value = Math.toIntExact(group.getLong("label", 0));
      }
      // The datasets library writes -1 where a label is not known.
      return value == null || value < 0 ? null : value;
    }

    private static Subset split(Group group) {
      String label = text(group, "split");
      return Arrays.stream(Subset.values())
          .filter(subset -> subset.label().equals(label))
          .findFirst()
          .orElse(null);
    }

    @Override
    public void close() throws IOException {
      scan.close();
    }
  }
}
