package dev.tessera.jobs.launch;

/** A word of {@code spark.*.defaultJavaOptions}, which Spark splits as a shell does. */
final class JvmOption {

  private JvmOption() {}

  /** A system property; {@code value} may have spaces and quotes. */
  static String property(String name, String value) {
    String word = "-D" + name + "=" + value;
    return word.matches("[\\w@%+=:,./-]*")
        ? word
        : '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
