package dev.tessera.datasets.source;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** What a listing tells while it goes on, and the sentences on what it guessed and left aside. */
public final class ListingLog {

  private final LongConsumer progress;
  private final List<String> notes = new ArrayList<>();
  private long found;

  /**
   * @param progress is told the number of files found so far, at each
   */
  public ListingLog(LongConsumer progress) {
    this.progress = progress;
  }

  void found() {
    progress.accept(++found);
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  /** Such as {@code classes: cat, dog from folders}; in the order found out. */
  public List<String> notes() {
    return List.copyOf(notes);
  }
}
