package dev.tessera.models.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: what it holds and where.
 *
 * @param metadata free strings of the writer
 * @param entries tensors by name, in the order of their bytes
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Entry> entries) {

  static final String METADATA = "__metadata__";

  /** The limit of the format's reference implementation. */
  static final int MAX_BYTES = 100_000_000;

  private static final int ALIGNMENT = 8;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Bytes {@code [begin, end)} after the header. */
  record Entry(TensorSpec spec, long begin, long end) {}

  /** Places tensors one after another, wide elements first so that each is aligned to its type. */
  static SafetensorsHeader layOut(Map<String, String> metadata, List<TensorSpec> tensors) {
    List<TensorSpec> ordered = new ArrayList<>(tensors);
    ordered.sort(Comparator.comparing(spec -> -spec.dtype().bytes()));
    Map<String, Entry> entries = new LinkedHashMap<>();
    long begin = 0;
    for (TensorSpec spec : ordered) {
      long end = Math.addExact(begin, spec.bytes());
      if (entries.put(spec.name(), new Entry(spec, begin, end)) != null) {
        throw new IllegalArgumentException(
            "tensors: '" + spec.name() + "' twice (expected: unique names)");
      }
      begin = end;
    }
    return new SafetensorsHeader(metadata, entries);
  }

  /** The bytes of all tensors together. */
  long dataBytes() {
    return entries.values().stream().mapToLong(Entry::end).max().orElse(0);
  }

  /** The JSON text, padded with spaces so that data begins at a multiple of 8 bytes. */
  byte[] toBytes() {
    byte[] json = toJson().toString().getBytes(StandardCharsets.UTF_8);
    int padded = Math.floorDiv(json.length + ALIGNMENT - 1, ALIGNMENT) * ALIGNMENT;
    if (padded > MAX_BYTES) {
      throw new IllegalArgumentException(
          "tensors: a header of " + padded + " bytes (expected: at most " + MAX_BYTES + ")");
    }
    byte[] bytes = Arrays.copyOf(json, padded);
    Arrays.fill(bytes, json.length, padded, (byte) ' ');
    return bytes;
  }

  private ObjectNode toJson() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject(METADATA);
      metadata.forEach(strings::put);
    }
    entries.forEach(
        (name, entry) -> {
          ObjectNode node = root.putObject(name);
          node.put("dtype", entry.spec().dtype().name());
          var shape = node.putArray("shape");
          entry.spec().shape().forEach(extent -> shape.add((long) extent));
          node.putArray("data_offsets").add(entry.begin()).add(entry.end());
        });
    return root;
  }
}
