package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.run.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {

  @Test
  void theLastLineCountsEveryFile() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stdout = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try (ConsoleProgress progress = new ConsoleProgress(Console.standard(true))) {
      for (int file = 1; file <= 702; file++) {
        progress.listed(file);
      }
    } finally {
      System.setOut(stdout);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("\"images\":702");
  }

  @Test
  void whatIsListedIsFilesUntilItIsRead() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stdout = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      for (int files = 1; files <= 2; files++) {
        try (ConsoleProgress progress = new ConsoleProgress(Console.standard(false))) {
          for (int file = 1; file <= files; file++) {
            progress.listed(file);
          }
        }
      }
    } finally {
      System.setOut(stdout);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("list  1 file in ", "list  2 files in ")
        .doesNotContain("image");
  }
}
