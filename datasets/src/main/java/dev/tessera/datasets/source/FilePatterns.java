package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.List;
import org.apache.hadoop.fs.GlobPattern;

/**
 * Patterns of files: {@code *} matches slashes too, and a pattern without a slash is of the file's
 * name alone.
 */
final class FilePatterns {

  private final List<String> texts;
  private final List<GlobPattern> patterns;

  FilePatterns(List<String> texts) {
    this.texts = texts;
    this.patterns = texts.stream().map(GlobPattern::new).toList();
  }

  boolean isEmpty() {
    return texts.isEmpty();
  }

  /** Whether one matches a relative path. */
  boolean match(String relative) {
    String name = relative.substring(relative.lastIndexOf('/') + 1);
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matches(texts.get(i).indexOf('/') < 0 ? name : relative)) {
        return true;
      }
    }
    return false;
  }

  /** Held out if one matches. */
  Subset side(String relative) {
    return match(relative) ? Subset.HELDOUT : Subset.TRAIN;
  }
}
