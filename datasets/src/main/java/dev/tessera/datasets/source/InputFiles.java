package dev.tessera.datasets.source;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.GlobPattern;

/**
 * Files that an input names.
 *
 * @param spec a file, a folder, or a pattern of files where no file has that name
 * @param include patterns of which a file must match one, if there are any; {@code *} matches
 *     slashes too, and a pattern without a slash is of the file's name alone
 * @param exclude patterns of which it must match none
 */
public record InputFiles(String spec, List<String> include, List<String> exclude)
    implements Serializable {

  public InputFiles {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  static InputFiles of(String spec) {
    return new InputFiles(spec, List.of(), List.of());
  }

  /**
   * All of them, sorted by name, hidden ones left out.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if there is nothing of that name
   */
  List<SourceFiles.Found> list(Configuration conf, ListingLog log) throws IOException {
    List<SourceFiles.Found> all = SourceFiles.matching(conf, spec, log);
    if (include.isEmpty() && exclude.isEmpty()) {
      return all;
    }
    List<GlobPattern> wanted = include.stream().map(GlobPattern::new).toList();
    List<GlobPattern> unwanted = exclude.stream().map(GlobPattern::new).toList();
    List<SourceFiles.Found> selected = new ArrayList<>();
    for (SourceFiles.Found file : all) {
      if ((wanted.isEmpty() || matches(wanted, include, file.relative()))
          && !matches(unwanted, exclude, file.relative())) {
        selected.add(file);
      }
    }
    if (selected.size() < all.size()) {
      log.note(
          "files: "
              + Counted.of(all.size() - selected.size(), "file", "files")
              + " of "
              + all.size()
              + " left out by --include and --exclude");
    }
    return selected;
  }

  private static boolean matches(List<GlobPattern> patterns, List<String> texts, String relative) {
    String name = relative.substring(relative.lastIndexOf('/') + 1);
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matches(texts.get(i).indexOf('/') < 0 ? name : relative)) {
        return true;
      }
    }
    return false;
  }
}
