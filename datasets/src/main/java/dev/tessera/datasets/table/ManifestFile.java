package dev.tessera.datasets.table;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.PlainFileSystem;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code _manifest.json}: the last file written to a table and the first one read. Spark and its
 * like leave out what begins with an underscore, so that the table's folder reads as its rows
 * alone.
 */
public final class ManifestFile {

  static final String NAME = "_manifest.json";

  /** As tables had it before; they stay readable. */
  static final String FORMER_NAME = "manifest.json";

  /** More than any table has: the files of a terabyte take 10 MB. */
  private static final int MOST_BYTES = 32 << 20;

  /** The key of the checksum of all others. */
  private static final String CHECKSUM = "checksum";

  private static final Logger LOG = LoggerFactory.getLogger(ManifestFile.class);

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  static {
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(10)
                .maxTokenCount(2_000_000)
                .maxStringLength(MOST_BYTES)
                .build());
  }

  private ManifestFile() {}

  /**
   * Reads the manifest of the table at {@code table}.
   *
   * @throws InvalidDatasetException if there is no complete table, or one of another version
   * @throws java.io.UncheckedIOException if another attempt may be able to read it
   */
  public static TableManifest read(Configuration conf, String table) {
    try (InputStream in = open(conf, table)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new InvalidDatasetException(
            table + "/" + NAME + " is damaged (over 32 MiB): write the table again");
      }
      return parse(table, bytes);
    } catch (FileNotFoundException e) {
      throw new InvalidDatasetException(missing(conf, table) + ": run the job that writes it", e);
    } catch (IOException e) {
      throw IoFailure.of("Cannot read table " + table + ": " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new InvalidDatasetException("Cannot read table " + table + ": " + e.getMessage(), e);
    }
  }

  /** The file of the table at {@code table}, under the name that it has there. */
  public static Path at(Configuration conf, String table) throws IOException {
    Path former = new Path(table, FORMER_NAME);
    Path file = new Path(table, NAME);
    FileSystem fs = file.getFileSystem(conf);
    return !fs.exists(file) && fs.exists(former) ? former : file;
  }

  /** Whether a complete table is at {@code table}, readable or not. */
  public static boolean isAt(Configuration conf, String table) throws IOException {
    FileSystem fs = new Path(table).getFileSystem(conf);
    return fs.exists(new Path(table, NAME)) || fs.exists(new Path(table, FORMER_NAME));
  }

  private static InputStream open(Configuration conf, String table) throws IOException {
    FileSystem fs = PlainFileSystem.of(new Path(table).getFileSystem(conf));
    try {
      return fs.open(new Path(table, NAME));
    } catch (FileNotFoundException e) {
      Path former = new Path(table, FORMER_NAME);
      if (fs.exists(former)) {
        return fs.open(former);
      }
      throw e;
    }
  }

  /** Of a relative path, which may mean another folder than was thought, the whole one is told. */
  private static String missing(Configuration conf, String table) {
    try {
      Path given = new Path(table);
      FileSystem fs = given.getFileSystem(conf);
      if (!fs.exists(given)) {
        return table
            + " does not exist"
            + (given.isAbsolute() ? "" : " (" + fs.makeQualified(given) + ")");
      }
    } catch (IOException e) {
      LOG.debug("Cannot look at {}", table, e);
    }
    return table + " is not a complete table (it has no " + NAME + ")";
  }

  private static TableManifest parse(String table, byte[] bytes) {
    try {
      JsonNode tree = JSON.readTree(bytes);
      if (!tree.isObject()) {
        throw new InvalidDatasetException(
            table + "/" + NAME + " is damaged (no JSON object): write the table again");
      }
      int version = tree.path("version").asInt(0);
      if (version != TableManifest.VERSION) {
        throw new InvalidDatasetException(
            String.format(
                Locale.ROOT,
                "%s has manifest version %d (expected: %d): write it again with this release",
                table,
                version,
                TableManifest.VERSION));
      }
      requireUnchanged(table, tree);
      return JSON.treeToValue(tree, TableManifest.class);
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(
          table
              + "/"
              + NAME
              + " is damaged ("
              + e.getOriginalMessage()
              + "): write the table again",
          e);
    } catch (IOException e) {
      throw new InvalidDatasetException("Cannot read " + table + "/" + NAME, e);
    }
  }

  /** Manifests of older releases have no checksum; their fields are checked all the same. */
  private static void requireUnchanged(String table, JsonNode tree) throws JsonProcessingException {
    JsonNode told = tree.get(CHECKSUM);
    if (told == null) {
      return;
    }
    String is = checksum(tree);
    if (!told.asText().equals(is)) {
      throw new InvalidDatasetException(
          table
              + "/"
              + NAME
              + " was edited or is damaged: if you edited it, and only then, set its \"checksum\" to \""
              + is
              + "\"; else write the table again");
    }
  }

  /** CRC32C of everything else in the manifest, whatever its line breaks and spaces. */
  private static String checksum(JsonNode tree) throws JsonProcessingException {
    ObjectNode rest = tree.deepCopy();
    rest.remove(CHECKSUM);
    CRC32C crc = new CRC32C();
    crc.update(rest.toString().getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  /** Writes under another name and renames, so that a reader sees all of it or nothing. */
  static void write(FileSystem fs, Path table, TableManifest manifest) throws IOException {
    Path temporary = new Path(table, "_" + NAME);
    try (OutputStream out = PlainFileSystem.of(fs).create(temporary, true)) {
      out.write(toJson(manifest).getBytes(StandardCharsets.UTF_8));
    }
    if (!fs.rename(temporary, new Path(table, NAME))) {
      throw new IOException("cannot rename " + temporary + " to " + NAME);
    }
  }

  /** The manifest as it stands in its file. */
  static String toJson(TableManifest manifest) {
    try {
      ObjectNode tree = (ObjectNode) JSON.readTree(JSON.writeValueAsBytes(manifest));
      tree.put(CHECKSUM, checksum(tree));
      return JSON.writeValueAsString(tree) + "\n";
    } catch (IOException e) {
      throw new IllegalStateException("A manifest is always JSON", e);
    }
  }
}
