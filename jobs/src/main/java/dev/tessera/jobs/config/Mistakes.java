package dev.tessera.jobs.config;

import dev.tessera.models.UserException;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a recipe, so that the user hears of everything at once. */
final class Mistakes {

  private final List<String> found = new ArrayList<>();

  /** Notes that {@code problem} holds for the key at {@code path}. */
  void add(Where where, String path, String problem) {
    found.add(where + ": " + (path.isEmpty() ? "" : path + ": ") + problem);
  }

  boolean any() {
    return !found.isEmpty();
  }

  /**
   * Does nothing when no mistake was noted.
   *
   * @throws UserException one line when there is one mistake, otherwise a count and a line for each
   */
  void throwIfAny(String source) {
    if (found.size() == 1) {
      throw new UserException(found.get(0));
    }
    if (any()) {
      throw new UserException(
          source + ": " + found.size() + " mistakes\n  " + String.join("\n  ", found));
    }
  }
}
