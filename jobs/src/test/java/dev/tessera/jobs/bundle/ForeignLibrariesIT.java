package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's jar before ours with libraries of the same names and without a method that we call, as
 * other versions have it.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class ForeignLibrariesIT {

  private static final List<String> CLASSES =
      List.of(
          "picocli.CommandLine",
          "org.yaml.snakeyaml.LoaderOptions",
          "org.yaml.snakeyaml.parser.ParserImpl",
          "com.fasterxml.jackson.dataformat.yaml.YAMLFactory",
          "com.github.weisj.jsvg.parser.SVGLoader",
          "com.twelvemonkeys.imageio.ImageReaderBase");

  /** One pixel, lossless. */
  private static final String WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";

  @TempDir private Path folder;

  private Path jar() throws IOException {
    Path sources = Files.createDirectories(folder.resolve("sources"));
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<String> arguments = new ArrayList<>(List.of("-proc:none", "-d", classes.toString()));
    for (String name : CLASSES) {
      int dot = name.lastIndexOf('.');
      Path source = sources.resolve(name.substring(dot + 1) + ".java");
      Files.writeString(
          source,
          "package %s; public class %s {}"
              .formatted(name.substring(0, dot), name.substring(dot + 1)));
      arguments.add(source.toString());
    }
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(code).isZero();
    Path jar = folder.resolve("old.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path path : compiled.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(path).toString()));
        out.write(Files.readAllBytes(path));
        out.closeEntry();
      }
    }
    return jar;
  }

  private String tessera(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("tessera.launcher")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void otherVersionsOnTheDriversClassPathDoNoHarm() throws Exception {
    String jar = jar().toString();
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    Files.write(pictures.resolve("pixel.webp"), Base64.getDecoder().decode(WEBP));
    List<String> spark = List.of("--master", "local[1]", "--driver-class-path", jar);

    List<String> icons = new ArrayList<>(List.of("ingest", "--input", "icons:?count=12"));
    icons.addAll(List.of("--output", folder + "/icons", "size=8", "heldout=0"));
    icons.addAll(spark);
    assertThat(tessera(icons.toArray(String[]::new))).contains("12 images read, 12 written");

    List<String> webp = new ArrayList<>(List.of("ingest", "--input", pictures.toString()));
    webp.addAll(List.of("--output", folder + "/webp", "size=8", "heldout=0"));
    webp.addAll(spark);
    assertThat(tessera(webp.toArray(String[]::new))).contains("1 images read, 1 written");
  }
}
