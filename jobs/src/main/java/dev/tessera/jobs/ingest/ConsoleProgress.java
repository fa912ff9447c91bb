package dev.tessera.jobs.ingest;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ProgressLine;
import java.util.Map;

/** A progress line while the listing lasts. */
final class ConsoleProgress implements IngestProgress {

  /** The line is redrawn some times a second, and files are found by the hundred thousand. */
  private static final long EACH = 500;

  private final Console console;
  private ProgressLine line;
  private long files;

  ConsoleProgress(Console console) {
    this.console = console;
  }

  @Override
  public void listed(long soFar) {
    files = soFar;
    if (line == null) {
      line = console.progressOfFiles("list");
    }
    if (files % EACH == 0) {
      line.update(files, Map.of());
    }
  }

  @Override
  public void say(String sentence) {
    console.say("  " + sentence);
  }

  @Override
  public void close() {
    if (line != null) {
      line.update(files, Map.of());
      line.close();
    }
  }
}
