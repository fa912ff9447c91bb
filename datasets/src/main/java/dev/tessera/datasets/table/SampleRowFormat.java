package dev.tessera.datasets.table;

import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

final class SampleRowFormat implements RowFormat<SampleRow> {

  private static final long serialVersionUID = 1L;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message samples {
            optional int64 id;
            optional group image {
              optional binary bytes;
              optional binary path (STRING);
            }
            optional int32 width;
            optional int32 height;
            optional int32 label;
            optional int64 seed;
          }
          """);

  @Override
  public TableKind kind() {
    return TableKind.SAMPLES;
  }

  @Override
  public MessageType schema() {
    return SCHEMA;
  }

  @Override
  public Subset split(SampleRow row) {
    return Subset.TRAIN;
  }

  @Override
  public void write(SampleRow row, FieldWriter out) {
    out.put("id", row.id())
        .putPicture(row.bytes(), row.path())
        .put("width", (Integer) row.width())
        .put("height", (Integer) row.height())
        .put("label", row.label())
        .put("seed", row.seed());
  }

  @Override
  public SampleRow read(Group group) {
    FieldReader in = new FieldReader(group);
    FieldReader image = in.getGroup("image");
    return new SampleRow(
        in.getLong("id"),
        image == null ? null : image.getBytes("bytes"),
        image == null ? null : image.getString("path"),
        in.getInt("width"),
        in.getInt("height"),
        in.getInteger("label"),
        in.getLong("seed"));
  }

  @Override
  public void digest(SampleRow row, MessageDigest digest) {
    new RowDigest(digest).add(row.id()).add(row.bytes()).add(row.label()).add(row.seed());
  }

  @Override
  public Map<String, String> features() {
    Map<String, String> features = new LinkedHashMap<>();
    features.put("id", Features.INT64);
    features.put("image", Features.IMAGE);
    features.put("width", Features.INT32);
    features.put("height", Features.INT32);
    features.put("label", Features.INT32);
    features.put("seed", Features.INT64);
    return features;
  }
}
