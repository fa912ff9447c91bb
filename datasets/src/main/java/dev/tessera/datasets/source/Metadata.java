package dev.tessera.datasets.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tables beside pictures that describe them, as the {@code datasets} library names them: {@code
 * metadata.csv}, {@code .jsonl} or {@code .parquet}, whose {@code file_name} is relative to their
 * own folder. Of several that name a picture the nearest counts.
 */
final class Metadata {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAME = "metadata.";
  private static final Set<String> FORMS = Set.of("csv", "jsonl", "parquet");
  private static final String FILE = "file_name";
  private static final long MAX_BYTES = 1L << 30;
  private static final int LINES_FOR_KEYS = 1_000;

  /** What is known of a picture; null for none. */
  private record Row(String label, String caption) {}

  /** Places of the columns in a row; null if there are none. */
  private record Header(String file, String label, String caption) {}

  private final Columns columns;
  private final ListingLog log;
  private final Map<String, Row> rows = new HashMap<>();
  private final Set<String> from = new LinkedHashSet<>();
  private ParquetLabels labels;

  private Metadata(Columns columns, ListingLog log) {
    this.columns = columns;
    this.log = log;
  }

  /** Whether a path is one of those tables. */
  static boolean isTable(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return name.startsWith(NAME) && FORMS.contains(name.substring(NAME.length()));
  }

  /**
   * @param pictures all that there are
   * @throws InvalidDatasetException if a table is damaged, or lacks a column that the user names
   */
  static Metadata read(
      List<SourceFiles.Found> tables,
      SidecarReader reader,
      Collection<SourceFiles.Found> pictures,
      Columns columns,
      ListingLog log)
      throws IOException {
    Metadata metadata = new Metadata(columns, log);
    List<SourceFiles.Found> nearestFirst = new ArrayList<>(tables);
    nearestFirst.sort(
        Comparator.comparingLong(
                (SourceFiles.Found table) ->
                    -table.relative().chars().filter(c -> c == '/').count())
            .thenComparing(SourceFiles.Found::relative));
    for (SourceFiles.Found table : nearestFirst) {
      metadata.add(table, reader);
    }
    metadata.number();
    metadata.compare(pictures);
    return metadata;
  }

  private void add(SourceFiles.Found table, SidecarReader reader) throws IOException {
    String file = table.relative();
    if (table.bytes() > MAX_BYTES) {
      log.note("metadata: " + file + " is left aside (read are files of up to 1 GiB)");
      return;
    }
    List<Map<String, String>> all;
    Header header;
    if (table.lowerName().endsWith(".parquet")) {
      List<String> names;
      try {
        names = reader.parquetColumns(table);
      } catch (InvalidDatasetException e) {
        log.note("metadata: " + file + " is left aside: " + e.getMessage());
        return;
      }
      header = header(file, names);
      all = header == null ? List.of() : reader.parquetRows(table, used(header));
    } else {
      String text = Utf8.text(reader.bytes(table));
      List<List<String>> csv = table.lowerName().endsWith(".csv") ? CsvText.rows(text) : null;
      header =
          header(file, csv == null ? keys(text, file) : csv.isEmpty() ? List.of() : csv.get(0));
      all = header == null ? List.of() : csv == null ? json(text, file, header) : csv(csv, header);
    }
    if (header != null) {
      put(file, header, all);
    }
  }

  private Header header(String file, List<String> names) {
    String path = names.contains(FILE) ? FILE : null;
    for (String name : names) {
      if (path == null && name.endsWith("_" + FILE)) {
        path = name;
      }
    }
    if (path == null) {
      log.note(
          "metadata: "
              + file
              + " is left aside, for it has no column file_name (its columns: "
              + String.join(", ", names)
              + ")");
      return null;
    }
    return new Header(
        path,
        column(file, names, columns.label(), "label", ParquetColumns.LABELS),
        column(file, names, columns.caption(), "caption", ParquetColumns.CAPTIONS));
  }

  private static String column(
      String file, List<String> names, String asked, String key, List<String> usual) {
    if (asked.equals(Columns.NONE)) {
      return null;
    }
    if (!asked.equals(Columns.AUTO)) {
      if (!names.contains(asked)) {
        throw ParquetColumns.missing(file, asked, key, String.join(", ", names));
      }
      return asked;
    }
    for (String name : usual) {
      for (String column : names) {
        if (column.equalsIgnoreCase(name)) {
          return column;
        }
      }
    }
    return null;
  }

  private void put(String file, Header header, List<Map<String, String>> all) {
    String folder = file.substring(0, file.lastIndexOf('/') + 1);
    Set<String> own = new HashSet<>();
    long nameless = 0;
    long twice = 0;
    for (Map<String, String> row : all) {
      String name = row.get(header.file());
      if (name == null || name.isBlank()) {
        nameless++;
        continue;
      }
      String path = resolve(folder + name);
      if (!own.add(path)) {
        twice++;
        continue;
      }
      String label = header.label() == null ? null : clean(row.get(header.label()));
      String caption = header.caption() == null ? null : row.get(header.caption());
      rows.putIfAbsent(path, new Row(label, caption == null || caption.isBlank() ? null : caption));
    }
    List<String> found = new ArrayList<>();
    if (header.label() != null) {
      from.add(file);
      found.add("label from " + header.label());
    }
    if (header.caption() != null) {
      found.add("caption from " + header.caption());
    }
    log.note(
        "metadata: "
            + Counted.of(own.size(), "picture", "pictures")
            + " in "
            + file
            + (found.isEmpty() ? ", no label and no caption" : ", " + String.join(", ", found))
            + (twice == 0 ? "" : "; " + twice + " named again, of which the first counts")
            + (nameless == 0 ? "" : "; " + nameless + " without a file name"));
  }

  /** Pandas writes whole numbers as 1.0 where one is missing. */
  private static String clean(String text) {
    if (text == null) {
      return null;
    }
    String value = text.strip().replaceFirst("^(-?\\d+)\\.0+$", "$1");
    return value.isEmpty() || value.equals("-1") ? null : value;
  }

  private static String resolve(String path) {
    ArrayDeque<String> parts = new ArrayDeque<>();
    for (String part : path.replace('\\', '/').split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  private static Set<String> used(Header header) {
    Set<String> used = new LinkedHashSet<>();
    used.add(header.file());
    used.add(header.label());
    used.add(header.caption());
    used.remove(null);
    return used;
  }

  private static List<Map<String, String>> csv(List<List<String>> csv, Header header) {
    Map<String, Integer> places = new HashMap<>();
    for (String name : used(header)) {
      places.put(name, csv.get(0).indexOf(name));
    }
    List<Map<String, String>> all = new ArrayList<>();
    for (List<String> fields : csv.subList(1, csv.size())) {
      Map<String, String> row = new HashMap<>();
      places.forEach(
          (name, place) -> row.put(name, place < fields.size() ? fields.get(place) : null));
      all.add(row);
    }
    return all;
  }

  private static List<String> keys(String text, String file) {
    Set<String> keys = new LinkedHashSet<>();
    int number = 0;
    for (String line : (Iterable<String>) text.lines().limit(LINES_FOR_KEYS)::iterator) {
      number++;
      if (!line.isBlank()) {
        parse(line, file, number).fieldNames().forEachRemaining(keys::add);
      }
    }
    return List.copyOf(keys);
  }

  private static List<Map<String, String>> json(String text, String file, Header header) {
    Set<String> used = used(header);
    List<Map<String, String>> all = new ArrayList<>();
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      JsonNode node = parse(line, file, number);
      Map<String, String> row = new HashMap<>();
      for (String name : used) {
        JsonNode value = node.path(name);
        row.put(name, value.isValueNode() && !value.isNull() ? value.asText() : null);
      }
      all.add(row);
    }
    return all;
  }

  private static JsonNode parse(String line, String file, int number) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(
          file + " is no JSON in line " + number + ": mend it, or leave it out with --exclude", e);
    }
  }

  private void number() {
    if (from.isEmpty()) {
      return;
    }
    Set<String> values = new TreeSet<>();
    for (Row row : rows.values()) {
      if (row.label() != null
          && values.add(row.label())
          && values.size() > ParquetLabels.MAX_CLASSES) {
        throw ParquetLabels.tooMany(String.join(", ", from), "label");
      }
    }
    if (values.isEmpty() && columns.label().equals(Columns.AUTO)) {
      // A column that the user did not name and that says nothing takes no folder's classes away.
      log.note("classes: none from " + Names.of(from) + ", where no row has a label");
      from.clear();
      return;
    }
    labels = ParquetLabels.of(values);
    log.note(
        "classes: "
            + (labels.names().isEmpty() ? "none" : Names.of(labels.names()))
            + " from "
            + Names.of(from)
            + ", which counts before folders (columns.label=none leaves it)");
  }

  private void compare(Collection<SourceFiles.Found> pictures) {
    if (rows.isEmpty()) {
      return;
    }
    Set<String> missing = new TreeSet<>(rows.keySet());
    long without = 0;
    for (SourceFiles.Found picture : pictures) {
      boolean named = rows.containsKey(picture.relative());
      without += named || !FolderSource.looksLikePicture(picture.relative()) ? 0 : 1;
      missing.remove(picture.relative());
    }
    if (!missing.isEmpty()) {
      log.note(
          "metadata: "
              + Counted.of(missing.size(), "name is of no picture: ", "names are of no picture: ")
              + Names.of(missing));
    }
    if (without > 0) {
      log.note(
          "metadata: "
              + Counted.of(without, "picture is", "pictures are")
              + " in no table, and without "
              + (from.isEmpty() ? "words" : "a class"));
    }
  }

  /** Whether a column gives the classes: one that the user names, or that has a value. */
  boolean givesClasses() {
    return labels != null;
  }

  List<String> classNames() {
    return labels.names();
  }

  /** The class of a picture, or {@link Segment#NO_LABEL}. */
  int label(String path) {
    Row row = rows.get(path);
    Integer number = row == null ? null : labels.number(path, row.label());
    return number == null ? Segment.NO_LABEL : number;
  }

  /** The words on a picture, or null. */
  String caption(String path) {
    Row row = rows.get(path);
    return row == null ? null : row.caption();
  }
}
