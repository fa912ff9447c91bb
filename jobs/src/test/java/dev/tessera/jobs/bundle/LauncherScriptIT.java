package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What bin/tessera does before any Java of ours: in a checkout of its own, with a Java and a Maven
 * that are scripts. The Java answers for its version, makes the archive that it is asked for, and
 * prints its words else.
 */
class LauncherScriptIT {

  private static final String JAVA =
      """
      #!/bin/sh
      [ "$1" != -version ] || { echo 'openjdk version "17.0.1"' >&2; exit 0; }
      for word in "$@"; do
        case $word in
          -XX:ArchiveClassesAtExit=*) echo made >>archives; echo x >"${word#*=}"; exit 0 ;;
        esac
      done
      for word in "$@"; do echo "$word"; done
      """;

  /** Slow enough that another command begins meanwhile. */
  private static final String MAVEN =
      """
      #!/bin/sh
      echo built >>../builds
      sleep 2
      mkdir -p jobs/target/bundle spark-plugin/target/spark/jars
      touch jobs/target/bundle/tessera-0.1.jar jobs/target/bundle/tessera-natives-cpu-0.1.jar
      touch spark-plugin/target/spark/RELEASE
      """;

  @TempDir private Path folder;
  private Path checkout;

  @BeforeEach
  void makeACheckout() throws IOException {
    checkout = folder.resolve("checkout");
    Path launcher = Path.of(System.getProperty("tessera.launcher"));
    Path bin = Files.createDirectories(checkout.resolve("bin"));
    Files.copy(launcher, bin.resolve("tessera"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    for (String module : List.of("datasets", "models", "spark-plugin", "jobs")) {
      Files.createDirectories(checkout.resolve(module + "/src/main"));
      Files.writeString(checkout.resolve(module + "/pom.xml"), "<project/>");
    }
    Files.createDirectories(checkout.resolve("conf/recipes"));
    script("jdk/bin/java", JAVA);
    script("path/mvn", MAVEN);
  }

  private void script(String name, String body) throws IOException {
    Path script = folder.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, body);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /**
   * With {@code variables} changed: {@code NAME=value}, or {@code NAME} for one that is not there.
   */
  private Process start(String name, List<String> variables) throws IOException {
    return start(name, "doctor", variables);
  }

  private Process start(String name, String word, List<String> variables) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(checkout.resolve("bin/tessera").toString(), word)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .redirectError(folder.resolve(name + ".err").toFile());
    Map<String, String> environment = builder.environment();
    environment.remove("SPARK_HOME");
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.merge("PATH", folder.resolve("path") + ":", (path, first) -> first + path);
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    for (String variable : variables) {
      String[] sides = variable.split("=", 2);
      environment.remove(sides[0]);
      if (sides.length > 1) {
        environment.put(sides[0], sides[1]);
      }
    }
    return builder.start();
  }

  private String run(int code, String... variables) throws Exception {
    Process process = start("run", List.of(variables));
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    String error = text("run.err");
    assertThat(process.exitValue()).as(error).isEqualTo(code);
    return code == 0 ? text("run.out") : error;
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name), StandardCharsets.UTF_8);
  }

  @Test
  void ofTwoFirstCommandsOneBuildsAndTheOtherWaits() throws Exception {
    Process first = start("first", List.of());
    Process second = start("second", List.of());
    for (Process process : List.of(first, second)) {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(text("first.err") + text("second.err")).isZero();
    }

    assertThat(text("builds").lines()).hasSize(1);
    assertThat(text("first.err") + text("second.err"))
        .containsOnlyOnce("tessera: building")
        .containsOnlyOnce(
            "tessera: another build of this checkout is running, waiting for it" + "\n");
    assertThat(text("first.out")).endsWith("dev.tessera.jobs.launch.Launch\ndoctor\n");
    assertThat(text("second.out")).endsWith("dev.tessera.jobs.launch.Launch\ndoctor\n");
  }

  @Test
  void aBuildThatWasKilledHoldsNobodyBack() throws Exception {
    Process first = start("first", List.of());
    while (!Files.exists(folder.resolve("builds"))) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    first.descendants().forEach(ProcessHandle::destroyForcibly);
    first.destroyForcibly().waitFor();

    assertThat(run(0)).endsWith("doctor\n");
    assertThat(text("builds").lines()).hasSize(2);
  }

  @Test
  void vendorsBuildsOfTheLineAreTakenAndOtherLinesAreNot() throws Exception {
    run(0); // Builds.
    for (String version : List.of("4.2.0", "4.2.0-amzn-0", "4.2.1.3.3.7190.0-12", "4.2-SNAPSHOT")) {
      assertThat(run(0, "SPARK_HOME=" + spark(version))).contains("/spark-" + version + "/jars/*");
    }
    for (String version : List.of("4.0.1", "4.20.0", "3.5.1-amzn-4.2", "4.1.0-4.2.0")) {
      assertThat(run(2, "SPARK_HOME=" + spark(version)))
          .startsWith("tessera: SPARK_HOME=")
          .contains(" is Spark " + version + ", and Tessera needs Spark 4.2: ");
    }
  }

  private Path spark(String version) throws IOException {
    Path home = folder.resolve("spark-" + version);
    Path jar = home.resolve("jars/spark-core_2.13-" + version + ".jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, "");
    script(folder.relativize(home) + "/bin/spark-submit", "#!/bin/sh\n");
    return home;
  }

  @Test
  void classesAreLaidOutOnceAndAnewForAnotherBundle() throws Exception {
    String words = run(0);
    assertThat(words).contains("-XX:SharedArchiveFile=" + folder.resolve("cache/tessera/start-"));
    assertThat(run(0)).isEqualTo(words.replaceAll("process=\\d+", "process=" + process()));
    assertThat(text("archives").lines()).hasSize(1);

    Files.writeString(checkout.resolve("jobs/target/bundle/tessera-0.1.jar"), "another");
    run(0);
    assertThat(text("archives").lines()).hasSize(2);
    // In the same minute and of the same size, as when an edit is built twice.
    TimeUnit.MILLISECONDS.sleep(20);
    Files.writeString(checkout.resolve("jobs/target/bundle/tessera-0.1.jar"), "altered");
    run(0);
    assertThat(text("archives").lines()).hasSize(3);
    run(0);
    assertThat(text("archives").lines()).hasSize(3);
    Files.setLastModifiedTime(
        checkout.resolve("jobs/target/bundle/tessera-0.1.jar"),
        FileTime.from(Instant.now().plus(Duration.ofDays(400))));
    run(0);
    run(0);
    assertThat(text("archives").lines()).as("a clock that was ahead").hasSize(4);
  }

  @Test
  void helpIsThatOfTheBundleAndABuildSaysWhy() throws Exception {
    Process first = start("first", "--help", List.of());
    assertThat(first.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(text("first.err")).startsWith("tessera: building, since there is no bundle yet (");
    Path source = checkout.resolve("jobs/src/main/Newer.java");
    Files.writeString(source, "class Newer {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));

    Process help = start("help", "--help", List.of());
    assertThat(help.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(text("builds").lines()).hasSize(1);
    assertThat(text("help.out")).endsWith("--help\n");

    Process other = start("other", List.of());
    assertThat(other.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(text("builds").lines()).hasSize(2);
    assertThat(text("other.err"))
        .startsWith("tessera: building, since jobs/src/main/Newer.java is newer than the bundle (");
  }

  @Test
  void archivesOfFormerBundlesAreBounded() throws Exception {
    run(0);
    for (int bundle = 0; bundle < 10; bundle++) {
      Files.writeString(
          checkout.resolve("jobs/target/bundle/tessera-0.1.jar"), "n".repeat(2 + bundle));
      run(0);
    }
    try (Stream<Path> made = Files.list(folder.resolve("cache/tessera"))) {
      assertThat(made).hasSize(8);
    }
  }

  private String process() throws IOException {
    return text("run.out")
        .lines()
        .filter(word -> word.startsWith("-Dtessera.process="))
        .findFirst()
        .orElseThrow()
        .replaceAll("\\D", "");
  }

  @Test
  void withoutAHomeAndWithToolsOfOtherMakesItStarts() throws Exception {
    // As busybox and BSD have it.
    script(
        "path/ls",
        "#!/bin/sh\nfor w in \"$@\"; do case $w in --*) echo \"ls: $w?\" >&2; exit 1;; esac; done\n"
            + "exec /bin/ls \"$@\"\n");
    assertThat(run(0)).contains("-XX:SharedArchiveFile=");
    Path bundle = checkout.resolve("jobs/target/bundle/tessera-0.1.jar");
    FileTime before = Files.getLastModifiedTime(bundle);
    Files.writeString(bundle, "another, of the same time");
    Files.setLastModifiedTime(bundle, before);
    run(0);
    assertThat(text("archives").lines()).as("one of each bundle").hasSize(2);
    try (Stream<Path> made = Files.list(folder.resolve("cache/tessera"))) {
      assertThat(made).hasSize(2);
    }

    assertThat(run(0, "HOME", "XDG_CACHE_HOME")).doesNotContain("SharedArchiveFile");
    assertThat(text("archives").lines()).hasSize(2);
  }
}
