package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.List;

/** The split that a data set brings along in its files' names, if it has both sides. */
final class TestFiles {

  private TestFiles() {}

  static List<Segment> split(List<Segment> segments) {
    long tests = segments.stream().filter(segment -> isTest(segment.name())).count();
    if (tests == 0 || tests == segments.size()) {
      return segments;
    }
    return segments.stream()
        .map(
            s ->
                new Segment(
                    s.path(),
                    s.name(),
                    s.id(),
                    s.from(),
                    s.to(),
                    s.label(),
                    isTest(s.name()) ? Subset.HELDOUT : Subset.TRAIN))
        .toList();
  }

  private static boolean isTest(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return name.startsWith("t10k") || name.startsWith("test");
  }
}
