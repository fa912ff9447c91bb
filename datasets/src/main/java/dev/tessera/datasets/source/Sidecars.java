package dev.tessera.datasets.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;

/**
 * Files that stand beside pictures and say something of them: tables of captions, as the {@code
 * datasets} library names them, and {@code x.txt} or {@code x.json} beside {@code x.jpg}.
 */
final class Sidecars {

  private static final Set<String> TABLES =
      Set.of("metadata.csv", "metadata.jsonl", "metadata.parquet");
  private static final List<String> CAPTIONS = List.of("text", "caption", "prompt");
  private static final String FILE = "file_name";
  private static final long MAX_BYTES = 1L << 30;

  private final List<SourceFiles.Found> pictures = new ArrayList<>();
  private final Map<String, String> captions = new HashMap<>();
  private final Map<String, String> captionFiles = new HashMap<>();

  private Sidecars() {}

  static boolean isTable(String path) {
    return TABLES.contains(path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT));
  }

  /** Parts the files of a folder. */
  static Sidecars of(Configuration conf, List<SourceFiles.Found> files, ListingLog log)
      throws IOException {
    Sidecars sidecars = new Sidecars();
    Set<String> stems = new HashSet<>();
    for (SourceFiles.Found file : files) {
      if (FolderSource.looksLikePicture(file.relative())) {
        stems.add(stem(file.relative()));
      }
    }
    long aside = 0;
    for (SourceFiles.Found file : files) {
      String name = file.lowerName();
      boolean beside = !stems.isEmpty() && stems.contains(stem(file.relative()));
      if (!stems.isEmpty() && isTable(name)) {
        sidecars.table(conf, file, log);
      } else if (beside && name.endsWith(".txt")) {
        sidecars.captionFiles.put(stem(file.relative()), file.location());
      } else if (beside && name.endsWith(".json")) {
        aside++;
      } else {
        sidecars.pictures.add(file);
      }
    }
    if (!sidecars.captionFiles.isEmpty()) {
      log.note(
          "captions: from "
              + Counted.of(sidecars.captionFiles.size(), "text file", "text files")
              + " beside pictures of the same names");
    }
    if (aside > 0) {
      log.note(
          "files: "
              + Counted.of(aside, ".json file", ".json files")
              + " beside pictures of the same names left aside");
    }
    return sidecars;
  }

  /** What is left to be rows. */
  List<SourceFiles.Found> pictures() {
    return pictures;
  }

  /** What is known of a picture, or null. */
  Segment.Extra of(SourceFiles.Found file) {
    if (file.problem() != null) {
      return new Segment.Problem(file.problem());
    }
    String caption = captions.get(file.relative());
    if (caption != null) {
      return new Segment.Caption(caption);
    }
    String location = captionFiles.isEmpty() ? null : captionFiles.get(stem(file.relative()));
    return location == null ? null : new Segment.CaptionFile(location);
  }

  private static String stem(String path) {
    int dot = path.lastIndexOf('.');
    return dot > path.lastIndexOf('/') ? path.substring(0, dot) : path;
  }

  private void table(Configuration conf, SourceFiles.Found file, ListingLog log)
      throws IOException {
    if (file.bytes() > MAX_BYTES || file.lowerName().endsWith(".parquet")) {
      log.note(
          "captions: " + file.relative() + " is left aside (read are .csv and .jsonl, to 1 GiB)");
      return;
    }
    String folder = file.relative().substring(0, file.relative().lastIndexOf('/') + 1);
    String text = new String(bytes(conf, file.location()), StandardCharsets.UTF_8);
    int before = captions.size();
    if (file.lowerName().endsWith(".csv")) {
      csv(folder, text);
    } else {
      jsonl(folder, text, file.relative());
    }
    log.note(
        captions.size() > before
            ? "captions: " + (captions.size() - before) + " from " + file.relative()
            : "captions: none in "
                + file.relative()
                + " (expected: file_name, and text or caption)");
  }

  static byte[] bytes(Configuration conf, String location) throws IOException {
    if (LocalFiles.isLocation(location)) {
      return Files.readAllBytes(LocalFiles.path(location));
    }
    var path = new org.apache.hadoop.fs.Path(location);
    try (InputStream in = SourceFiles.fileSystem(conf, path).open(path)) {
      return in.readAllBytes();
    }
  }

  private void csv(String folder, String text) {
    List<List<String>> rows = CsvText.rows(text);
    if (rows.isEmpty()) {
      return;
    }
    int name = rows.get(0).indexOf(FILE);
    int caption =
        CAPTIONS.stream().mapToInt(rows.get(0)::indexOf).filter(i -> i >= 0).findFirst().orElse(-1);
    for (List<String> row : rows.subList(1, rows.size())) {
      if (name >= 0 && caption >= 0 && row.size() > Math.max(name, caption)) {
        captions.put(folder + row.get(name), row.get(caption));
      }
    }
  }

  private void jsonl(String folder, String text, String file) {
    ObjectMapper json = new ObjectMapper();
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        JsonNode row = json.readTree(line);
        for (String key : CAPTIONS) {
          if (row.path(FILE).isTextual() && row.path(key).isTextual()) {
            captions.putIfAbsent(folder + row.get(FILE).asText(), row.get(key).asText());
          }
        }
      } catch (JsonProcessingException e) {
        throw new InvalidDatasetException(
            file + " is no JSON in line " + number + ": mend it, or leave it out with --exclude",
            e);
      }
    }
  }
}
