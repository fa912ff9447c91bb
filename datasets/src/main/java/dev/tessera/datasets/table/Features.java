package dev.tessera.datasets.table;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * The footer's {@code huggingface} key: how the {@code datasets} library shows each column. Without
 * it a picture reads as a struct of bytes.
 */
final class Features {

  static final String IMAGE = "{\"_type\":\"Image\"}";
  static final String INT32 = value("int32");
  static final String INT64 = value("int64");
  static final String STRING = value("string");
  static final String BINARY = value("binary");
  static final String INT32_LIST = "{\"feature\":" + INT32 + ",\"_type\":\"Sequence\"}";

  private Features() {}

  static String json(Map<String, String> features) {
    return features.entrySet().stream()
        .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
        .collect(Collectors.joining(",", "{\"info\":{\"features\":{", "}}}"));
  }

  private static String value(String dtype) {
    return "{\"dtype\":\"" + dtype + "\",\"_type\":\"Value\"}";
  }
}
