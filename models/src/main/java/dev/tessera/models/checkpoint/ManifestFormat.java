package dev.tessera.models.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.CheckpointManifest.StoredFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Manifests as JSON. The last key is a checksum of every byte before it, so that a manifest cut or
 * changed anywhere is known as such, and the file stays ordinary JSON.
 */
final class ManifestFormat {

  private static final String TAIL = ",\n  \"crc32c\" : \"%08x\"\n}\n";
  private static final int TAIL_BYTES = String.format(Locale.ROOT, TAIL, 0).length();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ManifestFormat() {}

  static byte[] toBytes(CheckpointManifest manifest) {
    String json = toJson(manifest).toPrettyString().replace("\r\n", "\n");
    String body = json.substring(0, json.lastIndexOf("\n}"));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String tail = String.format(Locale.ROOT, TAIL, crc32c(bytes, bytes.length));
    return (body + tail).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @throws UserException if it is damaged or of another schema; names the {@code file}
   */
  static CheckpointManifest parse(String file, byte[] bytes) {
    int body = bytes.length - TAIL_BYTES;
    if (body < 0
        || !tail(bytes, body).equals(String.format(Locale.ROOT, TAIL, crc32c(bytes, body)))) {
      throw new UserException(
          "Damaged manifest " + file + ": its checksum does not match; use another checkpoint");
    }
    try {
      return fromJson(file, JSON.readTree(new String(bytes, StandardCharsets.UTF_8)));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new UserException("Invalid manifest " + file + ": " + e.getMessage(), e);
    }
  }

  private static ObjectNode toJson(CheckpointManifest manifest) {
    ObjectNode root = JSON.createObjectNode();
    root.put("schema", CheckpointManifest.SCHEMA);
    root.put("imagesSeen", manifest.imagesSeen());
    root.put("step", manifest.step());
    root.put("attempt", manifest.attempt());
    root.put("architecture", manifest.model().architecture());
    root.put("recipe", manifest.model().recipe());
    ObjectNode counters = root.putObject("counters");
    manifest.counters().forEach(counters::put);
    var files = root.putArray("files");
    for (StoredFile file : manifest.files()) {
      files
          .addObject()
          .put("name", file.name())
          .put("bytes", file.bytes())
          .put("crc32c", String.format(Locale.ROOT, "%08x", file.crc32c()));
    }
    return root;
  }

  private static CheckpointManifest fromJson(String file, JsonNode root) {
    int schema = root.required("schema").intValue();
    if (schema != CheckpointManifest.SCHEMA) {
      throw new UserException(
          ("Cannot read manifest " + file + " of schema " + schema + ": this version of Tessera")
              + (" reads schema " + CheckpointManifest.SCHEMA + "; use the version that wrote it"));
    }
    Map<String, Long> counters = new TreeMap<>();
    root.required("counters")
        .properties()
        .forEach(field -> counters.put(field.getKey(), whole(field.getKey(), field.getValue())));
    List<StoredFile> files = new ArrayList<>();
    for (JsonNode node : root.required("files")) {
      files.add(
          new StoredFile(
              node.required("name").textValue(),
              node.required("bytes").longValue(),
              Integer.parseUnsignedInt(node.required("crc32c").textValue(), 16)));
    }
    return new CheckpointManifest(
        root.required("imagesSeen").longValue(),
        root.required("step").longValue(),
        root.required("attempt").intValue(),
        new ModelIdentity(
            root.required("architecture").textValue(), root.required("recipe").textValue()),
        counters,
        files);
  }

  /** Older versions wrote counters with a decimal point. */
  private static long whole(String name, JsonNode counter) {
    if (!counter.isNumber() || counter.doubleValue() != Math.rint(counter.doubleValue())) {
      throw new IllegalArgumentException(
          "counters: " + name + " is " + counter + " (expected: a whole number)");
    }
    return counter.longValue();
  }

  private static String tail(byte[] bytes, int from) {
    return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
  }

  private static int crc32c(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(ByteBuffer.wrap(bytes, 0, length));
    return (int) checksum.getValue();
  }
}
