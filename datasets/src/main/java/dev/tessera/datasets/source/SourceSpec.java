package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.ImageFormat;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
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
 * *.parquet                                    Parquet with image: struct&lt;bytes, path&gt;
 * *.png, *.jpg, *.jpeg                         picture files
 * a folder                                     of any one of these, or of PNG and JPEG files
 * </pre>
 *
 * A folder is one of zips if it holds nothing else; beside other files a zip counts as a file that
 * is no picture.
 */
public final class SourceSpec {

  private static final String ICONS = "icons:";
  private static final Set<String> ICON_OPTIONS = Set.of("count", "seed", "size", "classes");

  private SourceSpec() {}

  /**
   * @param spec as above; paths are Hadoop's, globs allowed for files
   * @param classPerFolder for folders and zips: the first folder's name is the class
   * @param iconSize side of embedded icons in pixels, unless the spec says it
   * @throws InvalidDatasetException if there is nothing there, or nothing we can read
   */
  public static ImageSource parse(
      Configuration conf, String spec, boolean classPerFolder, int iconSize) {
    if (spec.isBlank()) {
      throw new InvalidDatasetException("The input is empty: give a path or icons:");
    }
    if (spec.startsWith(ICONS)) {
      return icons(spec, iconSize);
    }
    try {
      Path path = new Path(spec);
      if (SourceFiles.isGlob(spec)) {
        return glob(conf, spec, classPerFolder);
      }
      FileSystem fs = path.getFileSystem(conf);
      return fs.getFileStatus(path).isDirectory()
          ? folder(fs, spec, classPerFolder)
          : file(spec, classPerFolder);
    } catch (FileNotFoundException e) {
      throw SourceFiles.missing(spec, e);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDatasetException(
          "Cannot read " + spec + " (" + e.getMessage() + "): check the input path", e);
    }
  }

  private static ImageSource file(String spec, boolean classPerFolder) {
    return recognised(spec, spec, classPerFolder).orElseThrow(() -> unknown(spec));
  }

  /** The end of the pattern tells the kind, or else the files that match do. */
  private static ImageSource glob(Configuration conf, String spec, boolean classPerFolder)
      throws IOException {
    List<SourceFiles.Found> files = SourceFiles.matching(conf, spec);
    Optional<ImageSource> byPattern = recognised(spec, spec, classPerFolder);
    if (byPattern.isPresent()) {
      return byPattern.get();
    }
    Set<ImageSource> kinds = new LinkedHashSet<>();
    for (SourceFiles.Found file : files) {
      recognised(file.relative(), spec, classPerFolder).ifPresent(kinds::add);
    }
    ImageSource pictures = new FolderSource(spec, classPerFolder);
    if (kinds.contains(pictures)) {
      return pictures; // Whatever else matches counts too, and ends in the quarantine.
    }
    if (kinds.size() == 1) {
      return kinds.iterator().next();
    }
    throw unknown(spec);
  }

  /** What a file's name says of the files that {@code spec} names. */
  private static Optional<ImageSource> recognised(
      String path, String spec, boolean classPerFolder) {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (isZip(name)) {
      return Optional.of(new ZipSource(spec, classPerFolder));
    }
    if (isIdx(name)) {
      return Optional.of(new IdxSource(spec));
    }
    if (name.endsWith(".bin")) {
      return Optional.of(new CifarSource(spec));
    }
    if (name.endsWith(".parquet")) {
      return Optional.of(new ParquetSource(spec));
    }
    return isPicture(name) ? Optional.of(new FolderSource(spec, classPerFolder)) : Optional.empty();
  }

  private static InvalidDatasetException unknown(String spec) {
    return new InvalidDatasetException(
        spec
            + " is of no known kind (expected: a folder, .zip, -ubyte, -ubyte.gz, .bin, .parquet,"
            + " .png, .jpg, .webp, .gif, .bmp, .tif or icons:)");
  }

  private static boolean isZip(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(".zip");
  }

  private static boolean isPicture(String name) {
    return ImageFormat.claimedBy(name).isPresent();
  }

  private static boolean isIdx(String name) {
    return name.endsWith("-ubyte") || name.endsWith("-ubyte.gz") || name.endsWith(".idx");
  }

  /** A folder holds what its first recognised file says; deeper folders mean picture files. */
  private static ImageSource folder(FileSystem fs, String spec, boolean classPerFolder)
      throws IOException {
    String root = spec.endsWith("/") ? spec.substring(0, spec.length() - 1) : spec;
    FileStatus[] entries = fs.listStatus(new Path(spec));
    if (zipsAlone(entries)) {
      return new ZipSource(root + "/*.[zZ][iI][pP]", classPerFolder);
    }
    for (FileStatus entry : entries) {
      String name = entry.getPath().getName();
      if (entry.isDirectory()) {
        if ((name.equals("data") || name.contains("=")) && hasParquet(fs, entry.getPath())) {
          return new ParquetSource(spec);
        }
      } else if (name.contains("images-idx3") && isIdx(name)) {
        return new IdxSource(root + "/*images-idx3*");
      } else if (name.endsWith(".bin")) {
        return new CifarSource(root + "/*.bin");
      } else if (name.endsWith(".parquet")) {
        return new ParquetSource(spec);
      }
    }
    return new FolderSource(spec, classPerFolder);
  }

  /** Beside pictures or folders of them a zip is one more file, which the quarantine tells of. */
  private static boolean zipsAlone(FileStatus[] entries) {
    List<FileStatus> visible =
        Arrays.stream(entries)
            .filter(entry -> !SourceFiles.hidden(entry.getPath().getName()))
            .toList();
    return !visible.isEmpty()
        && visible.stream().allMatch(e -> e.isFile() && isZip(e.getPath().getName()));
  }

  private static boolean hasParquet(FileSystem fs, Path folder) throws IOException {
    for (FileStatus entry : fs.listStatus(folder)) {
      if (entry.getPath().getName().endsWith(".parquet")) {
        return true;
      }
    }
    return false;
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
