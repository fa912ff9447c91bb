package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.Tessera;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A driver that is killed while it writes a table: what it leaves goes with the next run. */
@ExtendWith(AtTheTerminal.class)
class KilledIngestIT {

  @TempDir private Path folder;
  private final Configuration conf = new Configuration();

  private String table() {
    return folder.resolve("table").toString();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(table()))) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private List<String> command(int count, boolean overwrite) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("ingest", "--input", "icons:?count=" + count, "--output", table()));
    command.addAll(List.of("size=16", "partitions=4"));
    if (overwrite) {
      command.add("--overwrite");
    }
    return command;
  }

  /** Kills an ingest of many pictures once rows of it lie in its stage. */
  private void killOne(boolean overwrite) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-") || option.startsWith("-Dspark."))
        .forEach(command::add);
    for (String key : System.getProperties().stringPropertyNames()) {
      if (key.startsWith("spark.")) {
        command.add("-D" + key + "=" + System.getProperty(key));
      }
    }
    command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
    command.add(Tessera.class.getName());
    command.addAll(command(200_000, overwrite));
    Process driver =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(folder.resolve("stderr").toFile())
            .start();
    try {
      long deadline = System.nanoTime() + 180_000_000_000L;
      while (staged() == 0) {
        assertThat(System.nanoTime()).as("nothing is written").isLessThan(deadline);
        assertThat(driver.isAlive()).as(Files.readString(folder.resolve("stderr"))).isTrue();
        Thread.sleep(20);
      }
    } finally {
      driver.destroyForcibly().waitFor();
    }
  }

  /** Files of a stage. */
  private long staged() throws IOException {
    try (Stream<Path> all = Files.walk(Path.of(table()))) {
      return all.filter(path -> path.toString().contains("_temporary-"))
          .filter(Files::isRegularFile)
          .count();
    } catch (IOException | UncheckedIOException e) {
      return 0; // not there yet, or going
    }
  }

  @Test
  void whatItLeftIsRemovedByTheNextRunThatReplacesATableToo() throws Exception {
    killOne(false);
    assertThat(names()).anyMatch(name -> name.startsWith("_temporary-")).contains("_owner");
    AtTheTerminal.Ended next = AtTheTerminal.run(command(40, false));
    assertThat(next.code()).as(next.error()).isZero();
    List<String> clean = names();
    assertThat(clean)
        .contains("_manifest.json")
        .noneMatch(name -> name.startsWith("_temporary-") || name.equals("_owner"));

    killOne(true);
    assertThat(names()).anyMatch(name -> name.startsWith("_temporary-"));
    assertThat(ManifestFile.read(conf, table()).rows()).isEqualTo(40);
    AtTheTerminal.Ended again = AtTheTerminal.run(command(30, true));
    assertThat(again.code()).as(again.error()).isZero();
    assertThat(names()).isEqualTo(clean);
    assertThat(ManifestFile.read(conf, table()).rows()).isEqualTo(30);
  }
}
