package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.ParquetScan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;

/**
 * Parquet files with a column of pictures: {@code struct<bytes: binary, path: string>}, as the
 * {@code datasets} library and this project write them, or plain binary. Label, caption and split
 * are read where present.
 *
 * @param files of which those named {@code .parquet} count
 * @param columns what the user names; the rest is found by its usual names
 * @param splits whether names and a column tell what is held out
 * @param labels what the listing found out, or null before it
 */
public record ParquetSource(InputFiles files, Columns columns, boolean splits, ParquetLabels labels)
    implements ImageSource {

  public ParquetSource(InputFiles files, Columns columns, boolean splits) {
    this(files, columns, splits, null);
  }

  @Override
  public String name() {
    return "parquet";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    Configuration raw = SourceFiles.withoutChecksums(conf);
    List<Segment> segments = new ArrayList<>();
    List<ParquetFooter> footers = new ArrayList<>();
    long id = 0;
    for (SourceFiles.Found file : Kind.PARQUET.among(rows(conf, log), log)) {
      ParquetFooter footer = ParquetFooter.read(raw, file.path());
      footers.add(footer);
      segments.add(Segment.of(file.path().toString(), file.relative(), id, footer.rows()));
      id += footer.rows();
    }
    if (id == 0) {
      throw SourceFiles.empty(files.spec(), "Parquet rows");
    }
    ParquetLabels found = labels(raw, footers, segments, log);
    ImageSource reader = new ParquetSource(files, columns, splits, found);
    return new Listing(files.divide(segments, splits, log), found.names(), reader);
  }

  /** What is not the quarantine of a table of ours. */
  private List<SourceFiles.Found> rows(Configuration conf, ListingLog log) throws IOException {
    return files.list(conf, log).stream()
        .filter(file -> !file.relative().startsWith("quarantine/"))
        .filter(file -> !file.relative().equals("manifest.json") && !aside(file.relative()))
        .toList();
  }

  /** Whether Spark leaves it out by its name. */
  private static boolean aside(String relative) {
    return relative.startsWith("_") || relative.contains("/_");
  }

  private ParquetLabels labels(
      Configuration conf, List<ParquetFooter> footers, List<Segment> segments, ListingLog log)
      throws IOException {
    List<String> ours = tableNames(conf);
    Set<List<String>> given = new LinkedHashSet<>();
    Map<String, List<String>> own = new HashMap<>();
    Set<String> from = new TreeSet<>();
    long highest = -1;
    boolean counted = true;
    for (int i = 0; i < footers.size(); i++) {
      ParquetFooter footer = footers.get(i);
      ParquetColumns found = ParquetColumns.of(footer.path().toString(), footer.schema(), columns);
      if (found.label() == null) {
        if (found.unlike() != null) {
          from.add("(not " + footer.schema().getType(found.unlike()) + ", which is no class)");
        }
        if (hiveLabel(segments.get(i)) != null) {
          from.add("folders");
          counted = false;
        }
        continue;
      }
      from.add(found.label());
      List<String> names = ours.isEmpty() ? footer.classNames(found.label()) : ours;
      given.add(names);
      own.put(segments.get(i).path(), names);
      OptionalLong noted =
          ParquetLabels.isWhole(footer.schema().getType(found.label()))
              ? footer.highest(found.label())
              : OptionalLong.empty();
      counted &= noted.isPresent() && noted.getAsLong() < ParquetLabels.MAX_CLASSES;
      highest = Math.max(highest, noted.orElse(-1));
    }
    ParquetLabels labels;
    if (counted && given.size() <= 1) {
      labels = ParquetLabels.counted(given.stream().findFirst().orElse(List.of()), highest);
    } else {
      labels = ParquetLabels.named(values(conf, footers, segments, own), own);
    }
    if (from.isEmpty()) {
      from.add("no column of a usual name; columns.label=NAME names one");
    }
    log.note(
        "classes: "
            + (labels.names().isEmpty() ? "none" : Names.of(labels.names()))
            + " from "
            + String.join(", ", from));
    return labels;
  }

  /** The class names of a table of ours. */
  private List<String> tableNames(Configuration conf) throws IOException {
    return SourceFiles.isGlob(conf, files.spec()) || !ManifestFile.isAt(conf, files.spec())
        ? List.of()
        : ManifestFile.read(conf, files.spec()).classNames();
  }

  /** All labels there are, as text or by their file's own names. */
  private Set<String> values(
      Configuration conf,
      List<ParquetFooter> footers,
      List<Segment> segments,
      Map<String, List<String>> own)
      throws IOException {
    Set<String> values = new HashSet<>();
    for (int i = 0; i < footers.size(); i++) {
      String file = segments.get(i).path();
      String label = ParquetColumns.of(file, footers.get(i).schema(), columns).label();
      if (label == null) {
        String hive = hiveLabel(segments.get(i));
        if (hive != null) {
          values.add(hive);
        }
        continue;
      }
      // Values of files with names of their own count by those, in their order.
      values.addAll(own.getOrDefault(file, List.of()));
      try (ParquetScan scan =
          new ParquetScan(conf, footers.get(i).path(), List.of(label), 0, Long.MAX_VALUE)) {
        for (Group row = scan.next(); row != null; row = scan.next()) {
          String value = ParquetLabels.value(row, label);
          if (value != null
              && values.add(ParquetLabels.name(own.get(file), value))
              && values.size() > ParquetLabels.MAX_CLASSES) {
            throw ParquetLabels.tooMany(file, label);
          }
        }
      } catch (InvalidDatasetException e) {
        throw e;
      } catch (RuntimeException e) {
        throw new InvalidDatasetException(
            file
                + ": column "
                + label
                + " is damaged ("
                + e.getMessage()
                + "): write the file again, or leave it out with --exclude",
            e);
      }
    }
    return values;
  }

  /** The value of a folder {@code label=VALUE} that {@code partitionBy} made, or null. */
  String hiveLabel(Segment segment) {
    return hiveLabel(segment.name(), columns);
  }

  /** As above; the key is the column that the user names, or a usual name of labels. */
  static String hiveLabel(String path, Columns columns) {
    String asked = columns.label();
    String[] parts = path.split("/", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      int equals = parts[i].indexOf('=');
      String key = equals < 1 ? "" : parts[i].substring(0, equals);
      if (key.equals(asked) || (asked.equals(Columns.AUTO) && ParquetColumns.isLabelName(key))) {
        return HiveFolders.value(parts[i]);
      }
    }
    return null;
  }

  @Override
  public RawImages open(Configuration conf, Split split) throws IOException {
    Configuration raw = SourceFiles.withoutChecksums(conf);
    return new SegmentReader(split, segment -> new ParquetRows(raw, segment, this));
  }
}
