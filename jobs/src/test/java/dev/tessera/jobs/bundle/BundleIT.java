package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes.Name;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** The jars that a user hands to spark-submit, as the build left them. */
class BundleIT {

  private static final Path FOLDER = Path.of(System.getProperty("tessera.bundle"));

  private static Path jar(String glob) throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(
              file ->
                  file.getFileSystem().getPathMatcher("glob:" + glob).matches(file.getFileName()))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + glob + " in " + FOLDER));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static List<String> entries(String glob) throws IOException {
    try (ZipFile zip = new ZipFile(jar(glob).toFile())) {
      return zip.stream().map(ZipEntry::getName).toList();
    }
  }

  /** What {@code tessera --version} and environment.json say of an installation. */
  @Test
  void theBundleKnowsItsVersion() throws IOException {
    Path bundle = jar("tessera-[0-9]*.jar");
    try (JarFile read = new JarFile(bundle.toFile())) {
      String version = read.getManifest().getMainAttributes().getValue(Name.IMPLEMENTATION_VERSION);
      assertThat(bundle.getFileName()).hasToString("tessera-" + version + ".jar");
    }
  }

  @Test
  void theBundleHoldsOursAndWhatSparkLacks() throws IOException {
    assertThat(entries("tessera-[0-9]*.jar"))
        .contains(
            "dev/tessera/spark/TesseraPlugin.class",
            "dev/tessera/jobs/doctor/Doctor.class",
            "dev/tessera/models/UserException.class",
            "dev/tessera/datasets/InvalidDatasetException.class",
            // Never relocated: JNI and JNA find their classes by name.
            "ai/djl/engine/Engine.class",
            "ai/djl/pytorch/jni/PyTorchLibrary.class",
            "com/sun/jna/Native.class",
            "dev/tessera/shaded/picocli/CommandLine.class",
            "dev/tessera/shaded/snakeyaml/LoaderOptions.class",
            "dev/tessera/shaded/jackson/yaml/YAMLFactory.class",
            "META-INF/services/ai.djl.engine.EngineProvider")
        .contains("META-INF/LICENSE", "META-INF/NOTICE", "META-INF/AL2.0")
        .contains("META-INF/licenses/jsvg.txt", "META-INF/licenses/twelvemonkeys.txt")
        .anyMatch(name -> name.startsWith("dev/tessera/shaded/jsvg/"))
        .anyMatch(name -> name.startsWith("dev/tessera/shaded/twelvemonkeys/"))
        .anyMatch(name -> name.startsWith("META-INF/resources/webjars/bootstrap-icons/"))
        .anyMatch(name -> name.startsWith("META-INF/resources/webjars/flag-icons/"));
  }

  @Test
  void theBundleHoldsNothingThatSparkBrings() throws IOException {
    assertThat(entries("tessera-[0-9]*.jar"))
        .noneMatch(
            name ->
                Stream.of(
                        "org/apache/",
                        "scala/",
                        "org/slf4j/",
                        "com/fasterxml/",
                        "picocli/",
                        "org/yaml/",
                        "com/github/",
                        "com/twelvemonkeys/",
                        "META-INF/services/com.fasterxml",
                        "io/netty/",
                        "com/google/",
                        "org/junit/",
                        "org/assertj/",
                        "pytorch/",
                        "native/")
                    .anyMatch(name::startsWith))
        .noneMatch(name -> name.endsWith(".so") && !name.startsWith("com/sun/jna/"))
        .doesNotHaveDuplicates();
  }

  @Test
  void nativesAreAJarOfTheirOwn() throws IOException {
    List<String> natives = entries("tessera-natives-cpu-*.jar");

    assertThat(natives)
        .anyMatch(name -> name.contains("libtorch_cpu.so"))
        .anyMatch(name -> name.contains("libdjl_torch.so"))
        .noneMatch(name -> name.endsWith(".class"));
  }
}
