package dev.tessera.datasets.table;

import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.GroupType;

/** Writes the fields of one record by name; a null leaves an optional field out. */
final class FieldWriter {

  private final RecordConsumer out;
  private final GroupType type;

  FieldWriter(RecordConsumer out, GroupType type) {
    this.out = out;
    this.type = type;
  }

  FieldWriter put(String name, long value) {
    return field(name, () -> out.addLong(value));
  }

  FieldWriter put(String name, Integer value) {
    return value == null ? this : field(name, () -> out.addInteger(value));
  }

  FieldWriter put(String name, String value) {
    return value == null ? this : field(name, () -> out.addBinary(Binary.fromString(value)));
  }

  FieldWriter put(String name, byte[] value) {
    return field(name, () -> out.addBinary(Binary.fromConstantByteArray(value)));
  }

  /** An array in Parquet's three-level list form, named as Spark names it. */
  FieldWriter put(String name, int[] values) {
    return field(
        name,
        () -> {
          out.startGroup();
          out.startField("list", 0);
          for (int value : values) {
            out.startGroup();
            out.startField("element", 0);
            out.addInteger(value);
            out.endField("element", 0);
            out.endGroup();
          }
          out.endField("list", 0);
          out.endGroup();
        });
  }

  FieldWriter putPicture(byte[] bytes, String path) {
    GroupType image = type.getType("image").asGroupType();
    return field(
        "image",
        () -> {
          out.startGroup();
          new FieldWriter(out, image).put("bytes", bytes).put("path", path);
          out.endGroup();
        });
  }

  private FieldWriter field(String name, Runnable value) {
    int index = type.getFieldIndex(name);
    out.startField(name, index);
    value.run();
    out.endField(name, index);
    return this;
  }
}
