package dev.tessera.models.graph;

/** The text of a program's body, one statement a line, with names for intermediate values. */
final class Statements {

  private final StringBuilder text = new StringBuilder();
  private final String device;
  private int temporaries;

  /** {@code device} is an expression for the device on which new tensors are made. */
  Statements(String device) {
    this.device = device;
  }

  void assign(String name, String expression) {
    text.append("    ").append(name).append(" = ").append(expression).append('\n');
  }

  /** A name that no other statement defines. */
  String temporary() {
    return "_" + temporaries++;
  }

  /** Assigns to a new name and returns it. */
  String let(String expression) {
    String name = temporary();
    assign(name, expression);
    return name;
  }

  String device() {
    return device;
  }

  /** A double that reads back as itself. */
  static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "float(\"inf\")" : "float(\"-inf\")";
    }
    if (Double.isNaN(value)) {
      throw new IllegalArgumentException("value: NaN (expected: a number)");
    }
    return Double.toString(value).replace('E', 'e');
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
