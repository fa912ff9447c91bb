package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.ArrayList;
import java.util.List;

/** What the paths of several inputs say of them. */
final class InputNames {

  private InputNames() {}

  /**
   * The side that each input's last name says, or null: {@code data/train} and {@code data/test}.
   * Of patterns the name is what stands before the first wildcard, unless the pattern of the files
   * says it; where last names are all equal those before count ({@code train/images}).
   */
  static List<Subset> sides(List<String> specs) {
    List<List<String>> paths = new ArrayList<>();
    for (String spec : specs) {
      List<String> names = new ArrayList<>(List.of(spec.replaceAll("/+$", "").split("/+", -1)));
      while (names.size() > 1
          && isPattern(last(names))
          && SplitNames.ofName(last(names)).isEmpty()) {
        names.remove(names.size() - 1);
      }
      paths.add(names);
    }
    while (paths.stream().allMatch(names -> names.size() > 1)
        && paths.stream().map(InputNames::last).distinct().count() == 1) {
      paths.forEach(names -> names.remove(names.size() - 1));
    }
    List<Subset> sides = new ArrayList<>();
    paths.forEach(names -> sides.add(SplitNames.ofName(last(names)).orElse(null)));
    return sides;
  }

  private static String last(List<String> names) {
    return names.get(names.size() - 1);
  }

  private static boolean isPattern(String name) {
    return name.indexOf('*') >= 0 || name.indexOf('?') >= 0 || name.indexOf('{') >= 0;
  }
}
