package dev.tessera.datasets.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Files that stand beside pictures and say something of them: {@link Metadata}, and {@code x.txt}
 * or {@code x.json} beside {@code x.jpg}.
 */
final class Sidecars {

  /** Classes and boxes of a detector's training set; possessive, for a file may be long. */
  private static final Pattern NUMBERS =
      Pattern.compile("(?:[-+]?(?:\\d++\\.?+\\d*+|\\.\\d++)(?:[eE][-+]?\\d++)?+\\s*+)++");

  private static final int PEEKED = 3;

  private final SidecarReader reader;
  private final List<SourceFiles.Found> rows = new ArrayList<>();
  private final Map<String, String> captionFiles = new HashMap<>();
  private Metadata metadata;

  private Sidecars(SidecarReader reader) {
    this.reader = reader;
  }

  /** Parts the files of a folder or archive. */
  static Sidecars of(
      Collection<SourceFiles.Found> files, SidecarReader reader, Columns columns, ListingLog log)
      throws IOException {
    Sidecars sidecars = new Sidecars(reader);
    Set<String> stems = new HashSet<>();
    for (SourceFiles.Found file : files) {
      if (FolderSource.looksLikePicture(file.relative())) {
        stems.add(stem(file.relative()));
      }
    }
    List<SourceFiles.Found> tables = new ArrayList<>();
    List<SourceFiles.Found> texts = new ArrayList<>();
    long aside = 0;
    for (SourceFiles.Found file : files) {
      String name = file.lowerName();
      boolean beside = !stems.isEmpty() && stems.contains(stem(file.relative()));
      if (!stems.isEmpty() && Metadata.isTable(name)) {
        tables.add(file);
      } else if (beside && name.endsWith(".txt")) {
        texts.add(file);
      } else if (beside && name.endsWith(".json")) {
        aside++;
      } else {
        sidecars.rows.add(file);
      }
    }
    sidecars.metadata = Metadata.read(tables, reader, sidecars.rows, columns, log);
    sidecars.addTexts(texts, columns, log);
    if (aside > 0) {
      log.note(
          "files: "
              + Counted.of(aside, ".json file", ".json files")
              + " beside pictures of the same names left aside");
    }
    return sidecars;
  }

  private void addTexts(List<SourceFiles.Found> texts, Columns columns, ListingLog log)
      throws IOException {
    if (texts.isEmpty() || columns.caption().equals(Columns.NONE)) {
      return;
    }
    int numbers = 0;
    for (SourceFiles.Found text : texts.subList(0, Math.min(PEEKED, texts.size()))) {
      numbers += words(reader.bytes(text)) == null ? 1 : 0;
    }
    String files = Counted.of(texts.size(), "text file", "text files");
    if (numbers == Math.min(PEEKED, texts.size())) {
      log.note("captions: none; " + files + " beside pictures hold numbers, and are left aside");
      return;
    }
    texts.forEach(text -> captionFiles.put(stem(text.relative()), text.location()));
    log.note("captions: from " + files + " beside pictures of the same names");
  }

  /** A text file's words; null if it is empty or has only numbers. */
  static String words(byte[] bytes) {
    String text = Utf8.text(bytes).strip();
    return text.isEmpty() || NUMBERS.matcher(text).matches() ? null : text;
  }

  /** What is left to be rows. */
  List<SourceFiles.Found> rows() {
    return rows;
  }

  Metadata metadata() {
    return metadata;
  }

  /** What is known of a picture, or null. */
  Segment.Extra of(SourceFiles.Found file) {
    if (file.problem() != null) {
      return new Segment.Problem(file.problem());
    }
    String caption = metadata.caption(file.relative());
    if (caption != null) {
      return new Segment.Caption(caption);
    }
    String location = captionFiles.isEmpty() ? null : captionFiles.get(stem(file.relative()));
    return location == null ? null : reader.captionFile(location);
  }

  private static String stem(String path) {
    int dot = path.lastIndexOf('.');
    return dot > path.lastIndexOf('/') ? path.substring(0, dot) : path;
  }
}
