package dev.tessera.datasets.source;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Classes from the first folder of each relative path; files outside any folder have none. */
record ClassFolders(List<String> names) {

  static ClassFolders of(Collection<String> paths, boolean enabled) {
    TreeSet<String> names = new TreeSet<>();
    if (enabled) {
      paths.forEach(path -> folder(path).ifPresent(names::add));
    }
    return new ClassFolders(List.copyOf(names));
  }

  int label(String path) {
    return folder(path).map(names::indexOf).orElse(Segment.NO_LABEL);
  }

  private static Optional<String> folder(String path) {
    int slash = path.indexOf('/');
    return slash < 0 ? Optional.empty() : Optional.of(path.substring(0, slash));
  }
}
