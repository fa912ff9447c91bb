package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Recognises what an input is, from its name and, for a folder, from the names in it:
 *
 * <pre>
 * icons:?count=20000&amp;seed=7&amp;classes=flag,cloud   the embedded icons
 * x.zip                                        a zip of pictures
 * *-ubyte, *-ubyte.gz                          IDX files
 * *.bin                                        CIFAR's binary format
 * *.parquet                                    Parquet with a column of pictures
 * *.png, *.jpg, *.jpeg                         picture files
 * a folder                                     of what most of its first files are
 * </pre>
 *
 * Beside pictures a zip counts as a file that is no picture.
 */
public final class SourceSpec {

  private static final String ICONS = "icons:";
  private static final Set<String> ICON_OPTIONS = Set.of("count", "seed", "size", "classes");

  private SourceSpec() {}

  /**
   * @param specs as above, one or more; paths are Hadoop's, globs allowed for files
   * @throws InvalidDatasetException if there is nothing there, or nothing we can read
   */
  public static ImageSource parse(Configuration conf, List<String> specs, SourceOptions options) {
    List<ImageSource> sources = specs.stream().map(spec -> parse(conf, spec, options)).toList();
    return sources.size() == 1 ? sources.get(0) : SeveralSources.of(specs, sources, options);
  }

  /** As above, of one input. */
  public static ImageSource parse(Configuration conf, String spec, SourceOptions options) {
    if (spec.isBlank()) {
      throw new InvalidDatasetException("The input is empty: give a path or icons:");
    }
    if (spec.startsWith(ICONS)) {
      return icons(spec, options.iconSize());
    }
    InputFiles files =
        new InputFiles(spec, options.include(), options.exclude(), options.heldout());
    try {
      Path path = new Path(spec);
      if (options.format() != Kind.AUTO) {
        return source(options.format(), files, options);
      }
      if (SourceFiles.isGlob(conf, spec)) {
        return source(glob(conf, spec), files, options);
      }
      FileSystem fs = SourceFiles.fileSystem(conf, path);
      if (!fs.getFileStatus(path).isDirectory()) {
        return source(Kind.of(spec).orElseThrow(() -> unknown(spec)), files, options);
      }
      FolderLook look = FolderLook.at(fs, path);
      look.foreign()
          .ifPresent(
              sentence -> {
                throw new InvalidDatasetException(sentence);
              });
      return source(look.kind(), files, options);
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw SourceFiles.missing(spec, e);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDatasetException(
          "Cannot read " + spec + " (" + e.getMessage() + "): check the input path", e);
    }
  }

  private static ImageSource source(Kind kind, InputFiles files, SourceOptions options) {
    return switch (kind) {
      case AUTO, PICTURES ->
          new FolderSource(files, options.classPerFolder(), options.splits(), options.columns());
      case ZIP ->
          new ZipSource(
              files,
              options.classPerFolder(),
              options.splits(),
              options.columns(),
              options.zipNames());
      case IDX -> new IdxSource(files, options.splits());
      case CIFAR -> new CifarSource(files, options.splits());
      case PARQUET -> new ParquetSource(files, options.columns(), options.splits());
    };
  }

  /** The end of the pattern tells the kind, or else the files that match do. */
  private static Kind glob(Configuration conf, String spec) throws IOException {
    List<FileStatus> matches = SourceFiles.matches(conf, spec);
    Optional<Kind> byPattern = Kind.of(spec);
    if (byPattern.isPresent()) {
      return byPattern.get();
    }
    Set<Kind> kinds = new LinkedHashSet<>();
    for (FileStatus match : matches) {
      if (match.isFile()) {
        Kind.of(match.getPath().getName()).ifPresent(kinds::add);
      } else if (kinds.size() < 2) {
        FileSystem fs = SourceFiles.fileSystem(conf, match.getPath());
        FolderLook look = FolderLook.at(fs, match.getPath());
        if (look.foundAny()) {
          kinds.add(look.kind());
        }
      }
    }
    if (kinds.contains(Kind.PICTURES)) {
      return Kind.PICTURES; // Whatever else matches counts too, and ends in the quarantine.
    }
    if (kinds.size() == 1) {
      return kinds.iterator().next();
    }
    throw unknown(spec);
  }

  private static InvalidDatasetException unknown(String spec) {
    Optional<String> foreign = Kind.foreign(spec);
    if (foreign.isPresent()) {
      return new InvalidDatasetException(spec + " is " + foreign.get());
    }
    return new InvalidDatasetException(
        spec
            + " is of no known kind (expected: a folder, .zip, -ubyte, -ubyte.gz, .bin, .parquet,"
            + " .png, .jpg, .webp, .gif, .bmp, .tif or icons:; format=parquet and so on says it)");
  }

  private static IconSource icons(String spec, int iconSize) {
    Map<String, String> options = options(spec);
    String classes = options.getOrDefault("classes", "");
    try {
      return new IconSource(
          number(options, "count", IconSource.DEFAULT_COUNT),
          number(options, "seed", 0),
          Math.toIntExact(number(options, "size", iconSize)),
          classes.isEmpty() ? List.of() : List.of(classes.split(",", -1)));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidDatasetException(spec + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> options(String spec) {
    String query = spec.substring(ICONS.length());
    Map<String, String> options = new LinkedHashMap<>();
    if (query.isEmpty()) {
      return options;
    }
    if (query.charAt(0) != '?') {
      throw new InvalidDatasetException(
          spec + " is no icons source (expected: icons: or icons:?count=20000&seed=7)");
    }
    for (String option : query.substring(1).split("&", -1)) {
      int equals = option.indexOf('=');
      String key = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !ICON_OPTIONS.contains(key)) {
        throw new InvalidDatasetException(
            String.format(
                Locale.ROOT,
                "%s: %s (expected: count, seed, size or classes, each with =value)",
                spec,
                option));
      }
      options.put(key, option.substring(equals + 1));
    }
    return options;
  }

  private static long number(Map<String, String> options, String key, long otherwise) {
    String text = options.get(key);
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(key + ": " + text + " (expected: a whole number)", e);
    }
  }
}
