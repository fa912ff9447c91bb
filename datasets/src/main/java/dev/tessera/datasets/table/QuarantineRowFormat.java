package dev.tessera.datasets.table;

import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

final class QuarantineRowFormat implements RowFormat<QuarantineRow> {

  private static final long serialVersionUID = 1L;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message quarantine {
            optional binary path (STRING);
            optional binary reason (STRING);
          }
          """);

  @Override
  public TableKind kind() {
    return TableKind.QUARANTINE;
  }

  @Override
  public MessageType schema() {
    return SCHEMA;
  }

  @Override
  public Subset split(QuarantineRow row) {
    return Subset.TRAIN;
  }

  @Override
  public void write(QuarantineRow row, FieldWriter out) {
    out.put("path", row.path()).put("reason", row.reason());
  }

  @Override
  public QuarantineRow read(Group group) {
    FieldReader in = new FieldReader(group);
    return new QuarantineRow(in.getString("path"), in.getString("reason"));
  }

  @Override
  public void digest(QuarantineRow row, MessageDigest digest) {
    new RowDigest(digest).add(row.path()).add(row.reason());
  }

  @Override
  public Map<String, String> features() {
    Map<String, String> features = new LinkedHashMap<>();
    features.put("path", Features.STRING);
    features.put("reason", Features.STRING);
    return features;
  }

  @Override
  public CompressionCodecName codec() {
    return CompressionCodecName.ZSTD;
  }
}
