package dev.tessera.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command at full length: {@code mvn -Psoak verify}. */
@Tag("soak")
class DemoIT {

  @TempDir private Path folder;

  @Test
  void theDemoKeepsItsBounds() throws IOException, InterruptedException {
    Path log = folder.resolve("demo.log");
    Process demo =
        new ProcessBuilder(new File("../bin/tessera").getCanonicalPath(), "demo", "--json")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(demo.waitFor(20, TimeUnit.MINUTES)).isTrue();
    assertThat(demo.exitValue()).as(Files.readString(log)).isZero();
  }
}
