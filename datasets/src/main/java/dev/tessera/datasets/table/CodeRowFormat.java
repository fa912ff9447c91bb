package dev.tessera.datasets.table;

import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Codes are dictionary-encoded by Parquet: log2 of the codebook's size in bits each. */
final class CodeRowFormat implements RowFormat<CodeRow> {

  private static final long serialVersionUID = 1L;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message codes {
            optional int64 id;
            optional group codes (LIST) {
              repeated group list {
                optional int32 element;
              }
            }
            optional int32 label;
            optional binary caption (STRING);
            optional binary split (STRING);
          }
          """);

  @Override
  public TableKind kind() {
    return TableKind.CODES;
  }

  @Override
  public MessageType schema() {
    return SCHEMA;
  }

  @Override
  public Subset split(CodeRow row) {
    return row.split();
  }

  @Override
  public void write(CodeRow row, FieldWriter out) {
    out.put("id", row.id())
        .put("codes", row.codes())
        .put("label", row.label())
        .put("caption", row.caption())
        .put("split", row.split().label());
  }

  @Override
  public CodeRow read(Group group) {
    FieldReader in = new FieldReader(group);
    return new CodeRow(
        in.getLong("id"),
        in.getInts("codes"),
        in.getInteger("label"),
        in.getString("caption"),
        in.getSplit());
  }

  @Override
  public void digest(CodeRow row, MessageDigest digest) {
    new RowDigest(digest)
        .add(row.id())
        .add(row.codes())
        .add(row.label())
        .add(row.caption())
        .add(row.split().label());
  }

  @Override
  public Map<String, String> features() {
    Map<String, String> features = new LinkedHashMap<>();
    features.put("id", Features.INT64);
    features.put("codes", Features.INT32_LIST);
    features.put("label", Features.INT32);
    features.put("caption", Features.STRING);
    features.put("split", Features.STRING);
    return features;
  }

  @Override
  public CompressionCodecName codec() {
    return CompressionCodecName.ZSTD;
  }
}
