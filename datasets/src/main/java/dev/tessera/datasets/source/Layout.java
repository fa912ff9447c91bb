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
  private final boolean hive;

  /** Folders that would be classes. */
  private final Set<String> candidates;

  private final List<String> classNames;

  private Layout(int splitLevel, int classLevel, Set<String> folders, Set<String> candidates) {
    this.splitLevel = splitLevel;
    this.classLevel = classLevel;
    this.candidates = candidates;
    this.hive = HiveFolders.key(folders).isPresent();
    Set<String> names = new TreeSet<>();
    for (String folder : folders) {
      String name = className(folder);
      if (name != null) {
        names.add(name);
      }
    }
    this.classNames = List.copyOf(names);
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
    int top = parting(all);
    int split = NONE;
    for (int level = top; splits && level <= top + 1 && split == NONE; level++) {
      split = bothSides(names(all, level)) ? level : NONE;
    }
    int candidate = classLevel(all, top, split);
    int label = classes ? candidate : NONE;
    Layout layout = new Layout(split, label, names(all, label), names(all, candidate));
    layout.tellSplits(paths, names(all, split), log);
    return layout;
  }

  /**
   * The first level at which folders differ, or the last where none does: what is above holds the
   * whole input. A few pictures beside folders do not change that.
   */
  private static int parting(List<String[]> all) {
    for (int level = 0; ; level++) {
      int at = level;
      long below = all.stream().filter(parts -> parts.length > at + 2).count();
      if (names(all, level).size() != 1 || below == 0) {
        return level;
      }
      long beside = all.stream().filter(parts -> parts.length == at + 2).count();
      if (beside > 0 && (beside >= below || names(all, level + 1).size() < 2)) {
        return level;
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

  /**
   * A class may be called "train", or have the word in its name; "train" beside "test" is none, and
   * names with the words are none if they are half of all.
   */
  private static boolean bothSides(Set<String> names) {
    Set<String> whole = new TreeSet<>(names);
    whole.removeIf(name -> !SplitNames.isWhole(name));
    long trained = count(names, Subset.TRAIN);
    long heldout = count(names, Subset.HELDOUT);
    return (count(whole, Subset.TRAIN) > 0 && count(whole, Subset.HELDOUT) > 0)
        || (trained > 0 && heldout > 0 && 2 * (trained + heldout) >= names.size());
  }

  private static long count(Set<String> names, Subset side) {
    return names.stream().filter(n -> SplitNames.ofName(n).equals(Optional.of(side))).count();
  }

  /**
   * Below the split, or above it where nothing is below: {@code cat/train/1.png}. The training side
   * decides, for a contest's test pictures lie in no classes. Hive's {@code label=} is always one.
   */
  private static int classLevel(List<String[]> all, int top, int split) {
    for (int level = 0; level <= top + 2; level++) {
      Optional<String> key = HiveFolders.key(names(all, level));
      if (key.isPresent() && ParquetColumns.isLabelName(key.get())) {
        return level;
      }
    }
    if (split == NONE) {
      return all.isEmpty() ? NONE : top;
    }
    long trained = 0;
    long below = 0;
    for (String[] parts : all) {
      if (parts.length > split + 1 && side(parts[split]) == Subset.TRAIN) {
        trained++;
        below += parts.length > split + 2 ? 1 : 0;
      }
    }
    if (2 * below >= trained) {
      return split + 1;
    }
    return split > top ? split - 1 : NONE;
  }

  /** Says which classes there are, and for how many pictures none. */
  void tellClasses(Collection<String> paths, boolean classes, ListingLog log) {
    if (classLevel != NONE && !classNames.isEmpty()) {
      log.note("classes: " + Names.of(classNames) + " from folders");
      List<String> beside = paths.stream().filter(path -> label(path) == Segment.NO_LABEL).toList();
      if (!beside.isEmpty()) {
        log.note(
            "classes: none for "
                + Counted.of(beside.size(), "picture", "pictures")
                + " in no class's folder, such as "
                + beside.get(0));
      }
    } else if (classes) {
      log.note("classes: none, for there are no folders to name them");
    } else if (candidates.size() > 1) {
      log.note(
          "classes: none; class-per-folder=true would take "
              + Names.of(candidates)
              + " from folders");
    }
  }

  private void tellSplits(Collection<String> paths, Set<String> sides, ListingLog log) {
    if (splitLevel != NONE) {
      Set<String> trained = new TreeSet<>(sides);
      trained.removeIf(name -> side(name) != Subset.TRAIN);
      sides.removeAll(trained);
      long beside = paths.stream().filter(path -> folder(path, splitLevel) == null).count();
      log.note(
          "splits: train from folder "
              + Names.of(trained)
              + (beside == 0
                  ? ""
                  : " and " + Counted.of(beside, "picture", "pictures") + " in no such folder")
              + "; held out from folder "
              + Names.of(sides));
    }
  }

  private static Subset side(String folder) {
    return SplitNames.ofName(folder).orElse(Subset.TRAIN);
  }

  /** Hive's {@code label=cat} is the class cat, if all folders beside it are such. */
  private String className(String folder) {
    return hive ? HiveFolders.value(folder) : folder;
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

  /** Whether folders tell what is held out. */
  boolean divided() {
    return splitLevel != NONE;
  }

  /** The class of a picture, or {@link Segment#NO_LABEL}. */
  int label(String path) {
    String folder = folder(path, classLevel);
    String name = folder == null ? null : className(folder);
    if (name == null) {
      return Segment.NO_LABEL;
    }
    int place = Collections.binarySearch(classNames, name);
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
