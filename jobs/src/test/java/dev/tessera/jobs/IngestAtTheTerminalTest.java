package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.run.Grid;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** One real command from its arguments to its exit code. */
class IngestAtTheTerminalTest {

  @TempDir private Path folder;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void useThisProcess() {
    System.setProperty("spark.master", "local[1]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.driver.host", "localhost");
  }

  @AfterEach
  void forgetSettings() {
    List.of("spark.master", "spark.ui.enabled", "spark.driver.host").forEach(System::clearProperty);
  }

  private int ingest(String input, String... more) {
    Tessera root = new Tessera();
    PrintWriter printed = new PrintWriter(err, true);
    CommandLine line = root.prepared(new CommandLine(root), printed, printed);
    List<String> args = new ArrayList<>(List.of("ingest", "--input", input));
    Collections.addAll(args, "--output", folder + "/table");
    Collections.addAll(args, more);
    return line.execute(args.toArray(new String[0]));
  }

  @Test
  void picturesBecomeATableAndMistakesASentence() throws Exception {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    for (int i = 0; i < 3; i++) {
      byte[] rgb = new byte[16 * 16 * 3];
      Arrays.fill(rgb, (byte) (i * 50));
      Files.write(pictures.resolve(i + ".png"), new Grid(16, 16, 1, 1).png(List.of(rgb)));
    }

    assertThat(ingest(pictures.toString(), "sise=8", "crop=centre")).isEqualTo(2);
    assertThat(ingest(folder + "/nothing")).isEqualTo(2);
    assertThat(folder.resolve("table")).doesNotExist();
    assertThat(ingest(pictures.toString(), "size=8")).as(err.toString()).isZero();
    assertThat(ingest(pictures.toString(), "size=8")).isEqualTo(2);
    assertThat(ingest(pictures.toString(), "size=8", "--overwrite")).isZero();
    assertThat(
            ingest(
                pictures.toString(),
                "size=20",
                "background=#ffffff",
                "padding=#0A0b0c",
                "crop=NONE",
                "filter=BiCubic",
                "--overwrite"))
        .as(err.toString())
        .isZero();
    assertThat(ingest(pictures.toString(), "size=8", "background=#fff", "filter=sharp"))
        .isEqualTo(2);

    assertThat(err.toString())
        .contains("sise: unknown key (did you mean size?)", "nearest: center", "/nothing")
        .contains("filter: sharp (expected: one of: box, triangle, bicubic, lanczos)")
        .contains("--overwrite")
        .doesNotContain("\tat ");
  }

  @Test
  void aTableIsToldWithItsPlaceAndClassesAndFoldersThatAreNotUsed() throws Exception {
    for (String name : List.of("cat", "dog")) {
      Path pictures = Files.createDirectories(folder.resolve("pictures").resolve(name));
      Files.write(
          pictures.resolve("1.png"), new Grid(16, 16, 1, 1).png(List.of(new byte[16 * 16 * 3])));
    }
    String input = folder + "/pictures";

    TesseraResult plain =
        TesseraApp.run(List.of("ingest", "--input", input, "--output", folder + "/a", "size=8"));
    assertThat(plain.exitCode()).as(plain.console()).isZero();
    assertThat(plain.console().lines())
        .contains("  classes: none; class-per-folder=true would take cat, dog from folders")
        .last()
        .isEqualTo("table  file:" + folder + "/a");
    TesseraResult named =
        TesseraApp.run(
            List.of(
                "ingest",
                "--input",
                input,
                "--output",
                folder + "/b",
                "size=8",
                "class-per-folder=true"));
    assertThat(named.console().lines().toList())
        .last()
        .isEqualTo("table  file:" + folder + "/b  2 classes");
    assertThat(named.console()).doesNotContain("would take");

    Path words = Files.createDirectories(folder.resolve("words"));
    Files.writeString(words.resolve("readme.txt"), "hi");
    TesseraResult none =
        TesseraApp.run(
            List.of("ingest", "--input", words.toString(), "--output", folder + "/c", "size=8"));
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.message())
        .isEqualTo(
            words
                + " holds no readable picture; reasons of all 1: 1 text, no image, such as"
                + " readme.txt");
  }
}
