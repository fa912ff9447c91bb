package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An installation in a folder with a space and letters beyond ASCII, started without a locale, on
 * files with such names. A shell makes the names: the JVM of this test may know no letter of them.
 */
class AnyFolderIT {

  private static final int PICTURES = 3;

  /** An installation is what was built, linked; sources are not there, so nothing is rebuilt. */
  private static final String PREPARE =
      """
      set -e
      here=$(printf 'My Pr\\303\\266gr\\303\\244m/x')
      cafe=$(printf 'zo\\303\\253 caf\\303\\251')
      mkdir -p "$here/jobs/target/bundle" "$here/spark-plugin/target" "$cafe/$(printf '\\303\\244')"
      cp -r "$HOME_OF_TESSERA/bin" "$HOME_OF_TESSERA/conf" "$here"
      ln -s "$HOME_OF_TESSERA"/jobs/target/bundle/*.jar "$here/jobs/target/bundle"
      ln -s "$HOME_OF_TESSERA/spark-plugin/target/spark" "$here/spark-plugin/target/spark"
      for picture in *.png; do
        mv "$picture" "$cafe/$(printf '\\303\\244')/$(printf 'Bl\\303\\274mchen %s' "$picture")"
      done
      """;

  /** Each command's outputs and exit code. */
  private static final String RUN =
      """
      here=$(printf 'My Pr\\303\\266gr\\303\\244m/x')
      cafe=$(printf 'zo\\303\\253 caf\\303\\251')
      try() {
        name=$1
        shift
        "$here/bin/tessera" "$@" >"$name.out" 2>"$name.err" </dev/null
        echo $? >"$name.code"
      }
      try help --help
      try mistake train --config "$cafe/none.yaml"
      try ingest ingest --input "$cafe/$(printf '\\303\\244')" --output "$cafe/t" size=16
      try again ingest --input "$cafe/$(printf '\\303\\244')" --output "$cafe/t" size=16
      try doctor doctor "$cafe/t"
      ls "$cafe/t" >table
      """;

  @TempDir private Path folder;

  private void bash(String script) throws IOException, InterruptedException {
    Path launcher = Path.of(System.getProperty("tessera.launcher")).toAbsolutePath();
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("bash.out").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("HOME_OF_TESSERA", launcher.getParent().getParent().toString());
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Process process = builder.start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended by itself").isTrue();
    assertThat(process.exitValue()).as(text("bash.out")).isZero();
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name), StandardCharsets.UTF_8)
        .replaceAll("(?m)^Picked up \\w+: .*\\R", "");
  }

  private void ended(String name, int code) throws IOException {
    assertThat(text(name + ".code").strip())
        .as(name + ": " + text(name + ".out") + text(name + ".err"))
        .isEqualTo("" + code);
  }

  @Test
  void commandsRunFromAnyFolderOnAnyNameWithoutALocale() throws Exception {
    for (int i = 0; i < PICTURES; i++) {
      BufferedImage picture = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
      picture.setRGB(i, i, 0xFFFFFF);
      ImageIO.write(picture, "png", folder.resolve(i + ".png").toFile());
    }
    bash(PREPARE);
    bash(RUN);

    ended("help", 0);
    assertThat(text("help.out")).contains("train-tokenizer", "ingest");
    assertThat(text("help.err")).isEmpty();
    ended("mistake", 2);
    assertThat(text("mistake.err").lines())
        .containsExactly("tessera: zoë café/none.yaml: no such recipe (expected: a YAML file)");
    ended("ingest", 0);
    assertThat(text("ingest.out")).contains(PICTURES + " images read, " + PICTURES + " written");
    assertThat(text("ingest.err")).isEmpty();
    ended("again", 2);
    assertThat(text("again.err").lines())
        .singleElement()
        .asString()
        .contains("zoë café/t exists already");
    ended("doctor", 0);
    assertThat(text("doctor.out")).contains("zoë café/t");
    assertThat(text("table")).contains("manifest.json");
  }
}
