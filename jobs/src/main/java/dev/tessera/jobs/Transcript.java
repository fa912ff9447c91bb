package dev.tessera.jobs;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Keeps what a command says and passes each line on; for several threads. */
final class Transcript {

  private final StringBuilder text = new StringBuilder();
  private Consumer<String> lines;
  private final PrintStream stream = new PrintStream(new Lines(), true, StandardCharsets.UTF_8);
  private final PrintWriter writer = new PrintWriter(stream, true, StandardCharsets.UTF_8);

  Transcript(Consumer<String> lines) {
    this.lines = lines;
  }

  PrintStream stream() {
    return stream;
  }

  PrintWriter writer() {
    return writer;
  }

  String text() {
    writer.flush();
    stream.close();
    synchronized (text) {
      return text.toString();
    }
  }

  private void line(String line) {
    synchronized (text) {
      text.append(line).append('\n');
      try {
        lines.accept(line);
      } catch (RuntimeException e) {
        lines = none -> {}; // A listener's own trouble is not the command's.
      }
    }
  }

  /** Cuts bytes at line breaks; PrintStream calls it by one thread at a time. */
  private final class Lines extends OutputStream {

    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      if (b == '\n') {
        end();
      } else if (b != '\r') {
        rest.write(b);
      }
    }

    @Override
    public void close() {
      if (rest.size() > 0) {
        end();
      }
    }

    private void end() {
      String line = rest.toString(StandardCharsets.UTF_8);
      rest.reset();
      line(line);
    }
  }
}
