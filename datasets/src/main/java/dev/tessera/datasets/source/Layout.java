package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which folders of relative paths are classes and which are splits: torchvision's ImageFolder, with
 * or without {@code train} and {@code test} above (or below) the classes, and with any number of
 * folders around it.
 */
final class Layout {

  private static final int NONE = -1;

  private final int splitLevel;
  private final int classLevel;
  private final List<String> classNames;

  private Layout(int splitLevel, int classLevel, List<String> classNames) {
    this.splitLevel = splitLevel;
    this.classLevel = classLevel;
    this.classNames = classNames;
  }

  /**
   * @param paths of the pictures, with slashes
   * @param classes whether folders are classes
   * @param splits whether folders are splits
   */
  static Layout of(Collection<String> paths, boolean classes, boolean splits, ListingLog log) {
    List<String[]> all = new ArrayList<>();
    for (String path : paths) {
      if (path.indexOf('/') >= 0) {
        all.add(path.split("/", -1));
      }
    }
    int top = all.size() == paths.size() ? parting(all) : 0;
    int split = NONE;
    for (int level = top; splits && level <= top + 1 && split == NONE; level++) {
      split = bothSides(names(all, level)) ? level : NONE;
    }
    int label = classes ? classLevel(all, top, split) : NONE;
    Set<String> names = new TreeSet<>();
    if (label != NONE) {
      names(all, label).forEach(name -> names.add(className(name)));
    }
    Layout layout = new Layout(split, label, List.copyOf(names));
    layout.tell(names(all, split), names(all, top), classes, log);
    return layout;
  }

  /** The first level at which paths differ, 0 if none does: what is above holds the whole input. */
  private static int parting(List<String[]> all) {
    for (int level = 0; ; level++) {
      int at = level;
      if (names(all, level).size() > 1) {
        return level;
      }
      if (all.stream().anyMatch(parts -> parts.length < at + 3)) {
        return 0;
      }
    }
  }

  private static Set<String> names(List<String[]> all, int level) {
    Set<String> names = new TreeSet<>();
    for (String[] parts : all) {
      if (level >= 0 && level < parts.length - 1) {
        names.add(parts[level]);
      }
    }
    return names;
  }

  /** A class may be called "train"; beside "test" and among few others it is none. */
  private static boolean bothSides(Set<String> names) {
    long trained = count(names, Subset.TRAIN);
    long heldout = count(names, Subset.HELDOUT);
    return trained > 0 && heldout > 0 && 2 * (trained + heldout) >= names.size();
  }

  private static long count(Set<String> names, Subset side) {
    return names.stream().filter(n -> SplitNames.ofFolder(n).equals(Optional.of(side))).count();
  }

  /** Below the split, or above it where nothing is below: {@code cat/train/1.png}. */
  private static int classLevel(List<String[]> all, int top, int split) {
    if (split == NONE) {
      return all.isEmpty() ? NONE : top;
    }
    long below = all.stream().filter(parts -> parts.length > split + 2).count();
    if (2 * below >= all.size()) {
      return split + 1;
    }
    return split > top ? split - 1 : NONE;
  }

  private void tell(Set<String> sides, Set<String> folders, boolean classes, ListingLog log) {
    if (classLevel != NONE && !classNames.isEmpty()) {
      log.note("classes: " + Names.of(classNames) + " from folders");
    } else if (classes) {
      log.note("classes: none, for there are no folders to name them");
    } else if (splitLevel == NONE && folders.size() > 1) {
      log.note(
          "classes: none; class-per-folder=true would make the folders classes ("
              + Names.of(folders)
              + ")");
    }
    if (splitLevel != NONE) {
      Set<String> trained = new TreeSet<>(sides);
      trained.removeIf(name -> side(name) != Subset.TRAIN);
      sides.removeAll(trained);
      log.note(
          "splits: train from folder "
              + Names.of(trained)
              + "; held out from folder "
              + Names.of(sides));
    }
  }

  private static Subset side(String folder) {
    return SplitNames.ofFolder(folder).orElse(Subset.TRAIN);
  }

  /** Hive's {@code label=cat} is the class cat. */
  private static String className(String folder) {
    return folder.substring(folder.indexOf('=') + 1);
  }

  private static String folder(String path, int level) {
    if (level == NONE) {
      return null;
    }
    int from = 0;
    for (int i = 0; i < level; i++) {
      from = path.indexOf('/', from) + 1;
      if (from == 0) {
        return null;
      }
    }
    int to = path.indexOf('/', from);
    return to < 0 ? null : path.substring(from, to);
  }

  List<String> classNames() {
    return classNames;
  }

  /** The class of a picture, or {@link Segment#NO_LABEL}. */
  int label(String path) {
    String folder = folder(path, classLevel);
    if (folder == null) {
      return Segment.NO_LABEL;
    }
    int place = Collections.binarySearch(classNames, className(folder));
    return place < 0 ? Segment.NO_LABEL : place;
  }

  /** The side of a picture, or null if folders do not say it. */
  Subset split(String path) {
    if (splitLevel == NONE) {
      return null;
    }
    String folder = folder(path, splitLevel);
    return folder == null ? Subset.TRAIN : side(folder);
  }
}
