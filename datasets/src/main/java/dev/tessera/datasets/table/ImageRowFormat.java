package dev.tessera.datasets.table;

import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

final class ImageRowFormat implements RowFormat<ImageRow> {

  private static final long serialVersionUID = 1L;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message images {
            optional int64 id;
            optional group image {
              optional binary bytes;
              optional binary path (STRING);
            }
            optional int32 width;
            optional int32 height;
            optional int32 label;
            optional binary caption (STRING);
            optional binary source (STRING);
            optional binary split (STRING);
          }
          """);

  @Override
  public TableKind kind() {
    return TableKind.IMAGES;
  }

  @Override
  public MessageType schema() {
    return SCHEMA;
  }

  @Override
  public Subset split(ImageRow row) {
    return row.split();
  }

  @Override
  public void write(ImageRow row, FieldWriter out) {
    out.put("id", row.id())
        .putPicture(row.bytes(), row.path())
        .put("width", (Integer) row.width())
        .put("height", (Integer) row.height())
        .put("label", row.label())
        .put("caption", row.caption())
        .put("source", row.source())
        .put("split", row.split().label());
  }

  @Override
  public ImageRow read(Group group) {
    FieldReader in = new FieldReader(group);
    FieldReader image = in.getGroup("image");
    return new ImageRow(
        in.getLong("id"),
        image == null ? null : image.getBytes("bytes"),
        image == null ? null : image.getString("path"),
        in.getInt("width"),
        in.getInt("height"),
        in.getInteger("label"),
        in.getString("caption"),
        in.getString("source"),
        in.getSplit());
  }

  @Override
  public void digest(ImageRow row, MessageDigest digest) {
    new RowDigest(digest)
        .add(row.id())
        .add(row.bytes())
        .add(row.label())
        .add(row.caption())
        .add(row.split().label());
  }

  @Override
  public Map<String, String> features() {
    Map<String, String> features = new LinkedHashMap<>();
    features.put("id", Features.INT64);
    features.put("image", Features.IMAGE);
    features.put("width", Features.INT32);
    features.put("height", Features.INT32);
    features.put("label", Features.INT32);
    features.put("caption", Features.STRING);
    features.put("source", Features.STRING);
    features.put("split", Features.STRING);
    return features;
  }
}
