package dev.tessera.datasets.table;

import java.io.Serializable;
import java.security.MessageDigest;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;

/**
 * How rows of one kind stand in Parquet: schema, writing, reading. Formats are values without
 * state; every table of a kind has the same schema, what differs stands in footer and manifest.
 *
 * @param <R> the row's record
 */
public sealed interface RowFormat<R> extends Serializable
    permits ImageRowFormat, CodeRowFormat, LatentRowFormat, SampleRowFormat, QuarantineRowFormat {

  /** The kind of table whose rows these are. */
  TableKind kind();

  /** The Parquet schema. */
  MessageType schema();

  /** The part of the table that the row belongs to. */
  Subset split(R row);

  /** Writes the fields of {@code row}. */
  void write(R row, FieldWriter out);

  /** Reads a row; a projection may lack fields that the caller does not use. */
  R read(Group group);

  /** Adds what identifies the row's content to a checksum. */
  void digest(R row, MessageDigest digest);

  /** Features for the footer's {@code huggingface} key: column to its description in JSON. */
  Map<String, String> features();

  /** Pictures are already compressed; numbers are not. */
  default CompressionCodecName codec() {
    return CompressionCodecName.UNCOMPRESSED;
  }
}
