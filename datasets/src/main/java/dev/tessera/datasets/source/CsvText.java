package dev.tessera.datasets.source;

import java.util.ArrayList;
import java.util.List;

/** Comma-separated values with quotes (RFC 4180). */
final class CsvText {

  private CsvText() {}

  /** Rows of fields; blank lines are none. */
  static List<List<String>> rows(String text) {
    List<List<String>> rows = new ArrayList<>();
    List<String> row = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        field.append(text.charAt(++i));
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == ',') {
        row.add(take(field));
      } else if (!quoted && c == '\n') {
        end(rows, row, field);
        row = new ArrayList<>();
      } else if (quoted || c != '\r') {
        field.append(c);
      }
    }
    end(rows, row, field);
    return rows;
  }

  private static void end(List<List<String>> rows, List<String> row, StringBuilder field) {
    if (!row.isEmpty() || field.length() > 0) {
      row.add(take(field));
      rows.add(row);
    }
  }

  private static String take(StringBuilder field) {
    String text = field.toString();
    field.setLength(0);
    return text;
  }
}
