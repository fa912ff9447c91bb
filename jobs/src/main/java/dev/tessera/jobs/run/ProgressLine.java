package dev.tessera.jobs.run;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The one line that tells how far a job is. At a terminal it is redrawn a few times a second;
 * elsewhere a plain line, or a JSON object, comes every ten seconds. Callable by any thread.
 */
public final class ProgressLine implements AutoCloseable {

  private static final long REDRAW_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();

  /** The speed shown is the mean over this long. */
  private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();

  private record Mark(long nanos, long images) {}

  private final Console console;
  private final LongSupplier clock;
  private final ProgressText text;
  private final Mark start;
  private final Deque<Mark> window = new ArrayDeque<>();
  private Map<String, Double> values = Map.of();
  private long drawn;
  private int covers;
  private boolean closed;

  ProgressLine(Console console, LongSupplier clock, ProgressText text, long imagesBefore) {
    this.console = console;
    this.clock = clock;
    this.text = text;
    this.start = new Mark(clock.getAsLong(), imagesBefore);
    this.drawn = start.nanos();
    window.add(start);
  }

  /**
   * Tells how far the job is; draws only if it is time.
   *
   * @param images seen so far, those before this attempt included
   * @param shown numbers to show, such as {@code loss}, in this order
   */
  public synchronized void update(long images, Map<String, Double> shown) {
    values = new LinkedHashMap<>(shown);
    Mark now = new Mark(clock.getAsLong(), images);
    if (images < window.getLast().images()) {
      window.clear(); // A lost rank: training went back to a checkpoint.
    }
    window.addLast(now);
    while (window.size() > 2 && now.nanos() - window.getFirst().nanos() > WINDOW_NANOS) {
      window.removeFirst();
    }
    boolean terminal = console.mode() == Console.Mode.TERMINAL;
    if (!closed && now.nanos() - drawn >= (terminal ? REDRAW_NANOS : LINE_NANOS)) {
      drawn = now.nanos();
      draw(now);
    }
  }

  /** Prints a sentence of its own without breaking the line. */
  public synchronized void say(String sentence) {
    if (console.mode() == Console.Mode.TERMINAL && covers > 0) {
      console.redraw("", covers);
      console.redraw("", 0);
      covers = 0;
    }
    console.say(sentence);
  }

  /** Ends the line with what was done in all. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Mark end = window.getLast();
    double seconds = (clock.getAsLong() - start.nanos()) / 1e9;
    double speed = seconds > 0 ? (end.images() - start.images()) / seconds : 0;
    String line = text.finished(end.images(), seconds, speed, values);
    switch (console.mode()) {
      case JSON -> console.json(text.job(), fields(end, speed));
      case PLAIN -> console.line(line);
      case TERMINAL -> {
        console.redraw(line, covers);
        console.line("");
      }
    }
  }

  private void draw(Mark now) {
    double speed = speed(now);
    String line = text.running(now.images(), speed, values);
    switch (console.mode()) {
      case JSON -> console.json(text.job(), fields(now, speed));
      case PLAIN -> console.line(line);
      case TERMINAL -> {
        console.redraw(line, covers);
        covers = line.length();
      }
    }
  }

  private double speed(Mark now) {
    Mark first = window.getFirst();
    double seconds = (now.nanos() - first.nanos()) / 1e9;
    return seconds > 0 ? (now.images() - first.images()) / seconds : 0;
  }

  private Map<String, Object> fields(Mark now, double speed) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("images", now.images());
    fields.put("images_total", text.total());
    fields.put("images_per_second", speed);
    fields.put("seconds", (now.nanos() - start.nanos()) / 1e9);
    if (text.gflops(speed) > 0) {
      fields.put("gflops", text.gflops(speed));
    }
    if (speed > 0 && text.total() > 0) {
      fields.put("seconds_left", Math.max(0, text.total() - now.images()) / speed);
    }
    fields.put("values", values);
    return fields;
  }
}
