package dev.tessera.jobs.config;

/**
 * Where a value was written.
 *
 * @param source a file's name or {@code command line}
 * @param line its line, from 1; 0 when lines mean nothing there
 */
record Where(String source, int line) {

  static final Where COMMAND_LINE = new Where("command line", 0);

  @Override
  public String toString() {
    return line == 0 ? source : source + ":" + line;
  }
}
