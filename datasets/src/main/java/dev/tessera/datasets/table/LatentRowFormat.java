package dev.tessera.datasets.table;

import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

final class LatentRowFormat implements RowFormat<LatentRow> {

  private static final long serialVersionUID = 1L;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message latents {
            optional int64 id;
            optional binary latent;
            optional int32 label;
            optional binary caption (STRING);
            optional binary split (STRING);
          }
          """);

  @Override
  public TableKind kind() {
    return TableKind.LATENTS;
  }

  @Override
  public MessageType schema() {
    return SCHEMA;
  }

  @Override
  public Subset split(LatentRow row) {
    return row.split();
  }

  @Override
  public void write(LatentRow row, FieldWriter out) {
    out.put("id", row.id())
        .put("latent", row.latent())
        .put("label", row.label())
        .put("caption", row.caption())
        .put("split", row.split().label());
  }

  @Override
  public LatentRow read(Group group) {
    FieldReader in = new FieldReader(group);
    return new LatentRow(
        in.getLong("id"),
        in.getBytes("latent"),
        in.getInteger("label"),
        in.getString("caption"),
        in.getSplit());
  }

  @Override
  public void digest(LatentRow row, MessageDigest digest) {
    new RowDigest(digest)
        .add(row.id())
        .add(row.latent())
        .add(row.label())
        .add(row.caption())
        .add(row.split().label());
  }

  @Override
  public Map<String, String> features() {
    Map<String, String> features = new LinkedHashMap<>();
    features.put("id", Features.INT64);
    features.put("latent", Features.BINARY);
    features.put("label", Features.INT32);
    features.put("caption", Features.STRING);
    features.put("split", Features.STRING);
    return features;
  }

  @Override
  public CompressionCodecName codec() {
    // Mantissas do not compress: zstd would save a twentieth and take most of a writer's time.
    return CompressionCodecName.UNCOMPRESSED;
  }
}
