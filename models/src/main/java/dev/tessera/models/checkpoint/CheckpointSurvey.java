package dev.tessera.models.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * What stands in a store.
 *
 * @param newest the newest checkpoint that is whole
 * @param passed what is newer and is not, newest first
 */
public record CheckpointSurvey(Optional<Checkpoint> newest, List<Unreadable> passed) {

  private static final int NAMED = 3;

  public CheckpointSurvey {
    passed = List.copyOf(passed);
  }

  /**
   * A checkpoint that cannot be read.
   *
   * @param finished whether it has its manifest, which is written last: without, it was never whole
   * @param reason of the first fault
   */
  public record Unreadable(Path path, boolean finished, String reason) {}

  /** Those that were whole once. */
  public List<Unreadable> damaged() {
    return passed.stream().filter(Unreadable::finished).toList();
  }

  /** The newest of what was passed over, each with its reason, for a sentence. */
  public String reasons() {
    String named =
        passed.stream()
            .limit(NAMED)
            .map(one -> one.path().getName() + ": " + one.reason())
            .collect(Collectors.joining("; "));
    return passed.size() <= NAMED
        ? named
        : String.format(Locale.ROOT, "%s; and %,d more", named, passed.size() - NAMED);
  }
}
