package dev.tessera.jobs.run;

import java.io.IOException;
import java.io.Writer;

/** Passes lines on as {@link Secrets#text} leaves them. */
public final class HidingWriter extends Writer {

  private final Writer out;
  private final StringBuilder line = new StringBuilder();

  public HidingWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    line.append(text, offset, length);
    int end = line.lastIndexOf("\n") + 1;
    if (end > 0) {
      out.write(Secrets.text(line.substring(0, end)));
      line.delete(0, end);
    }
  }

  @Override
  public void flush() throws IOException {
    out.write(Secrets.text(line.toString()));
    line.setLength(0);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    flush();
    out.close();
  }
}
