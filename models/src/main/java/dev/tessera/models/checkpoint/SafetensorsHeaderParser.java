package dev.tessera.models.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.SafetensorsHeader.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and checks a header as strictly as the format's reference: data without holes or overlaps
 * up to the last byte of the file, so that no byte is hidden and none is read twice.
 */
final class SafetensorsHeaderParser {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String file;

  SafetensorsHeaderParser(String file) {
    this.file = file;
  }

  /**
   * @param json the header's bytes
   * @param dataBytes bytes of the file after the header
   */
  SafetensorsHeader parse(byte[] json, long dataBytes) {
    JsonNode root = tree(json);
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Entry> entries = new ArrayList<>();
    root.properties()
        .forEach(
            field -> {
              if (field.getKey().equals(SafetensorsHeader.METADATA)) {
                metadata.putAll(metadata(field.getValue()));
              } else {
                entries.add(entry(field.getKey(), field.getValue(), dataBytes));
              }
            });
    entries.sort(Comparator.comparing(Entry::begin).thenComparing(Entry::end));
    requireContiguous(entries, dataBytes);
    Map<String, Entry> byName = new LinkedHashMap<>();
    entries.forEach(entry -> byName.put(entry.spec().name(), entry));
    return new SafetensorsHeader(metadata, byName);
  }

  private JsonNode tree(byte[] json) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      JsonNode root = text.startsWith("{") ? JSON.readTree(text) : null;
      if (root == null) {
        throw invalid("its header does not begin with '{'");
      }
      return root;
    } catch (CharacterCodingException e) {
      throw new UserException(message("its header is not UTF-8"), e);
    } catch (JsonProcessingException e) {
      throw new UserException(message("its header is not JSON, " + e.getOriginalMessage()), e);
    }
  }

  private Map<String, String> metadata(JsonNode node) {
    Map<String, String> strings = new LinkedHashMap<>();
    if (!node.isObject()) {
      throw invalid("its __metadata__ is not an object");
    }
    node.properties()
        .forEach(
            field -> {
              if (!field.getValue().isTextual()) {
                throw invalid("its __metadata__ has '" + field.getKey() + "' that is no string");
              }
              strings.put(field.getKey(), field.getValue().textValue());
            });
    return strings;
  }

  private Entry entry(String name, JsonNode node, long dataBytes) {
    if (name.isEmpty()) {
      throw invalid("a tensor has no name");
    }
    List<Long> offsets = longs(name, node, "data_offsets");
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw invalid("tensor '" + name + "' has data_offsets " + offsets + ", not [begin, end]");
    }
    if (offsets.get(1) > dataBytes) {
      throw invalid(
          ("tensor '" + name + "' ends at byte " + offsets.get(1))
              + (" of data and the file holds " + dataBytes + ": it is truncated or damaged"));
    }
    TensorSpec spec = spec(name, dtype(name, node.path("dtype")), longs(name, node, "shape"));
    if (spec.bytes() != offsets.get(1) - offsets.get(0)) {
      throw invalid(
          ("tensor '" + name + "' is " + spec.describe() + ", " + spec.bytes() + " bytes, and ")
              + ("its data_offsets " + offsets + " hold another number"));
    }
    return new Entry(spec, offsets.get(0), offsets.get(1));
  }

  private TensorSpec spec(String name, DType dtype, List<Long> shape) {
    try {
      return new TensorSpec(name, dtype, shape);
    } catch (IllegalArgumentException e) {
      throw new UserException(message("tensor '" + name + "' has " + e.getMessage()), e);
    }
  }

  private DType dtype(String name, JsonNode node) {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(node.textValue())) {
        return dtype;
      }
    }
    throw invalid(
        "tensor '" + name + "' has dtype " + node + ", not one of " + List.of(DType.values()));
  }

  private List<Long> longs(String name, JsonNode node, String key) {
    List<Long> values = new ArrayList<>();
    if (!node.path(key).isArray()) {
      throw invalid("tensor '" + name + "' has no list " + key);
    }
    for (JsonNode value : node.path(key)) {
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw invalid("tensor '" + name + "' has " + value + " in " + key);
      }
      values.add(value.longValue());
    }
    return values;
  }

  private void requireContiguous(List<Entry> entries, long dataBytes) {
    long next = 0;
    for (Entry entry : entries) {
      if (entry.begin() != next) {
        String what = entry.begin() < next ? "overlaps the tensor before it" : "follows a hole";
        throw invalid(
            ("tensor '" + entry.spec().name() + "' " + what + ": it begins at byte ")
                + (entry.begin() + " of data and not at " + next));
      }
      next = entry.end();
    }
    if (next != dataBytes) {
      throw invalid("its tensors end at byte " + next + " of data and the file holds " + dataBytes);
    }
  }

  private UserException invalid(String what) {
    return new UserException(message(what));
  }

  private String message(String what) {
    return "Invalid safetensors file " + file + ": " + what + "; restore it from its source";
  }
}
