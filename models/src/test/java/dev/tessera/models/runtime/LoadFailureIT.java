package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What keeps libtorch from loading, done to real processes; mounts need a namespace of one's own.
 */
class LoadFailureIT {

  private static final List<String> OPTIONS = List.of("-Dai.djl.pytorch.graph_optimizer=false");

  @TempDir private Path cache;

  private AbstractStringAssert<?> said(List<String> before, String classPath) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            before,
            classPath,
            Map.of("DJL_CACHE_DIR", cache.toString(), "ENGINE_CACHE_DIR", cache.toString()),
            LoadLibtorch.class,
            OPTIONS);
    assertThat(outcome.code()).as(outcome.output()).isEqualTo(2);
    // A second try says the same.
    return assertThat(
            outcome
                .output()
                .lines()
                .filter(line -> line.startsWith("libtorch"))
                .collect(Collectors.joining("\n")))
        .doesNotContain("\n")
        .startsWith("libtorch cannot be loaded (")
        .endsWith(".");
  }

  /** The cache as a mount of its own, in a namespace that ends with the process. */
  private List<String> mounted(String options) throws Exception {
    String mount = "mount -t tmpfs -o " + options + " none '" + cache + "' && exec \"$@\"";
    List<String> before = List.of("unshare", "-rm", "sh", "-c", mount, "sh");
    Process probe =
        new ProcessBuilder(Stream.concat(before.stream(), Stream.of("true")).toList()).start();
    Assumptions.assumeTrue(probe.waitFor() == 0, "this system lets no user mount");
    return before;
  }

  @Test
  void aMountWithoutExecutionIsToldAsThat() throws Exception {
    said(mounted("noexec,size=700m"), ChildJvm.classPath())
        .contains(cache + "/", "mounted noexec", "set DJL_CACHE_DIR", "executorEnv")
        .doesNotContain("class path");
  }

  @Test
  void aFullDiskIsToldAsThat() throws Exception {
    said(mounted("size=50m"), ChildJvm.classPath())
        .contains("No space left", "432 MiB", "set DJL_CACHE_DIR")
        .doesNotContain("class path");
  }

  @Test
  void aFolderThatCannotBeWrittenIsToldAsThat() throws Exception {
    said(mounted("ro,size=50m"), ChildJvm.classPath())
        .contains(cache + "/pytorch", "Read-only file system", "set DJL_CACHE_DIR")
        .doesNotContain("class path");
  }

  @Test
  void aLibraryThatWasCutShortIsNamed() throws Exception {
    ChildJvm.Outcome whole = ChildJvm.run(LoadLibtorch.class, OPTIONS, "folder");
    Path folder = Path.of(whole.output().lines().reduce((first, last) -> last).orElseThrow());
    Path cut = Files.createDirectories(cache.resolve("pytorch").resolve(folder.getFileName()));
    try (Stream<Path> libraries = Files.list(folder)) {
      for (Path library : libraries.filter(path -> path.toString().contains(".so")).toList()) {
        Files.write(cut.resolve(library.getFileName()), new byte[0]);
      }
    }
    said(List.of(), ChildJvm.classPath()).contains(cut + "/lib", "too short", "delete its folder");
  }

  @Test
  void aClassPathWithoutTheNativesIsToldAsThat() throws Exception {
    String without =
        Stream.of(ChildJvm.classPath().split(File.pathSeparator))
            .filter(jar -> !jar.contains("pytorch-native"))
            .collect(Collectors.joining(File.pathSeparator));
    said(List.of(), without)
        .contains("tessera-natives, is not on the class path", "PYTORCH_LIBRARY_PATH")
        .doesNotContain("DJL_CACHE_DIR");
  }

  @Test
  void anotherDjlIsNamedBesideOurs() throws Exception {
    // An Engine without the methods that later versions brought.
    Path source = cache.resolve("ai/djl/engine/Engine.java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, "package ai.djl.engine; public abstract class Engine {}");
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "--release", "17", source.toString());
    assertThat(compiled).isZero();
    String ours =
        Path.of(
                ai.djl.engine.Engine.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI())
            .toString();
    said(List.of(), cache + File.pathSeparator + ChildJvm.classPath())
        .contains("getEngine", "more than once, in " + cache + " and " + ours, "take away")
        .doesNotContain("DJL_CACHE_DIR");
  }
}
