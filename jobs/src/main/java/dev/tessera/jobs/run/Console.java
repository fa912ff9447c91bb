package dev.tessera.jobs.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.LongSupplier;

/** Where a command tells a person, a log or a program how it is going. */
public final class Console {

  /** Who reads. */
  public enum Mode {
    /** A person at a terminal: the progress line is redrawn in place. */
    TERMINAL,
    /** A log: a plain line every ten seconds. */
    PLAIN,
    /** A program: one JSON object a line. */
    JSON
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final PrintStream out;
  private final Mode mode;
  private final int width;
  private final LongSupplier nanos;
  private final Products products;

  Console(PrintStream out, Mode mode, int width, LongSupplier nanos) {
    this(out, mode, width, nanos, new Products());
  }

  private Console(PrintStream out, Mode mode, int width, LongSupplier nanos, Products products) {
    this.out = out;
    this.mode = mode;
    this.width = width;
    this.nanos = nanos;
    this.products = products;
  }

  /** Standard output, read by a program if {@code json}, else by whoever is there. */
  public static Console standard(boolean json) {
    return standard(json, new Products());
  }

  static Console standard(boolean json, Products products) {
    Mode mode = json ? Mode.JSON : Terminal.present() ? Mode.TERMINAL : Mode.PLAIN;
    return new Console(System.out, mode, Terminal.width(), System::nanoTime, products);
  }

  /** Into a stream that no person watches. */
  static Console of(PrintStream out, boolean json, Products products) {
    Mode mode = json ? Mode.JSON : Mode.PLAIN;
    return new Console(out, mode, Terminal.width(), System::nanoTime, products);
  }

  public Mode mode() {
    return mode;
  }

  /** Where a command tells what it made. */
  public Products products() {
    return products;
  }

  /** Prints the facts known before the first step. */
  public void print(ConsoleBlock block) {
    if (mode == Mode.JSON) {
      ObjectNode node = MAPPER.createObjectNode();
      node.put("kind", "start");
      node.put("title", block.title());
      ObjectNode facts = node.putObject("facts");
      block.facts().forEach(facts::put);
      line(node.toString());
    } else {
      print(block.text());
    }
  }

  /** Prints a job's results: the block, or for a program the fields as one object. */
  public void result(String job, ConsoleBlock block, Map<String, ?> fields) {
    if (mode == Mode.JSON) {
      ObjectNode node = MAPPER.createObjectNode().put("kind", "result").put("job", job);
      fields.forEach((key, value) -> node.set(key, MAPPER.valueToTree(value)));
      line(node.toString());
    } else {
      print(block.text());
    }
  }

  /** Prints one sentence, such as where the report is. */
  public void say(String sentence) {
    if (mode == Mode.JSON) {
      line(MAPPER.createObjectNode().put("kind", "note").put("text", sentence).toString());
    } else {
      line(sentence);
    }
  }

  /**
   * Prints a result to a program: one JSON object.
   *
   * @param kind what it is a result of
   * @param fields in order, if the map has one
   */
  public void result(String kind, Map<String, ?> fields) {
    ObjectNode node = MAPPER.createObjectNode().put("kind", kind);
    fields.forEach((key, value) -> node.set(key, MAPPER.valueToTree(value)));
    line(node.toString());
  }

  /**
   * Begins the progress line of a job.
   *
   * @param job the word that opens the line
   * @param imagesBefore images seen before this attempt; they do not count for the speed
   * @param imagesTotal images to see in all, or 0 if nobody knows
   */
  public ProgressLine progress(String job, long imagesBefore, long imagesTotal) {
    return progress(job, imagesBefore, imagesTotal, 0);
  }

  /**
   * As above, of a job that knows its arithmetic.
   *
   * @param flopsPerImage floating-point operations of an image
   */
  public ProgressLine progress(
      String job, long imagesBefore, long imagesTotal, double flopsPerImage) {
    ProgressText text = new ProgressText(job, imagesTotal, flopsPerImage);
    return new ProgressLine(this, nanos, text, imagesBefore);
  }

  /** Begins the progress line of a job that counts files, and does not know how many there are. */
  public ProgressLine progressOfFiles(String job) {
    return new ProgressLine(this, nanos, new ProgressText(job, 0, 0, "file"), 0);
  }

  void line(String text) {
    print(text + System.lineSeparator());
  }

  private void print(String text) {
    // Where it stands is told by then, and should stay the last line.
    if (!Interruption.happened()) {
      out.print(Secrets.text(text));
      out.flush();
    }
  }

  /** Draws over the line that stands there; nothing follows it until {@link #line}. */
  void redraw(String text, int covers) {
    String cut = text.length() < width ? text : text.substring(0, Math.max(0, width - 2)) + "…";
    print("\r" + cut + " ".repeat(Math.max(0, Math.min(covers, width - 1) - cut.length())));
  }

  void json(String job, Map<String, ?> fields) {
    ObjectNode node = MAPPER.createObjectNode().put("kind", "progress").put("job", job);
    fields.forEach((key, value) -> node.set(key, MAPPER.valueToTree(value)));
    line(node.toString());
  }
}
