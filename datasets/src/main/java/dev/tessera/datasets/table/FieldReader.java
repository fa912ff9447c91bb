package dev.tessera.datasets.table;

import org.apache.parquet.example.data.Group;

/** Reads the fields of one record by name; what a projection left out reads as null or 0. */
final class FieldReader {

  private final Group group;

  FieldReader(Group group) {
    this.group = group;
  }

  boolean has(String name) {
    return group.getType().containsField(name) && group.getFieldRepetitionCount(name) > 0;
  }

  long getLong(String name) {
    return has(name) ? group.getLong(name, 0) : 0;
  }

  int getInt(String name) {
    return has(name) ? group.getInteger(name, 0) : 0;
  }

  Integer getInteger(String name) {
    return has(name) ? (Integer) group.getInteger(name, 0) : null;
  }

  String getString(String name) {
    return has(name) ? group.getString(name, 0) : null;
  }

  byte[] getBytes(String name) {
    return has(name) ? group.getBinary(name, 0).getBytes() : null;
  }

  int[] getInts(String name) {
    if (!has(name)) {
      return null;
    }
    Group array = group.getGroup(name, 0);
    int[] values = new int[array.getFieldRepetitionCount(0)];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.getGroup(0, i).getInteger(0, 0);
    }
    return values;
  }

  FieldReader getGroup(String name) {
    return has(name) ? new FieldReader(group.getGroup(name, 0)) : null;
  }

  Subset getSplit() {
    return has("split") ? Subset.of(getString("split")) : Subset.TRAIN;
  }
}
