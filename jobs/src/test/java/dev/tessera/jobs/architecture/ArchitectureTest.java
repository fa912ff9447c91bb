package dev.tessera.jobs.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  @Test
  void packagesUseOnlyWhatTheTableAllows() throws Exception {
    List<SourceFile> files = SourceFile.all(ROOT);

    assertThat(files).extracting(SourceFile::packageName).contains("models", "datasets", "jobs");
    assertThat(newEdges(files, AllowedEdges.table())).isEmpty();
  }

  @Test
  void everyEdgeOfTheTableIsUsed() throws Exception {
    Map<String, Set<String>> unused = AllowedEdges.table();
    for (SourceFile file : SourceFile.all(ROOT)) {
      Set<String> left = unused.get(file.packageName());
      if (left != null) {
        file.uses().forEach(use -> left.remove(use.name()));
      }
    }
    unused.values().removeIf(Set::isEmpty);
    assertThat(unused).as("edges that nothing uses: take them from the table").isEmpty();
  }

  @Test
  void aNewEdgeIsFoundWithItsLine() {
    String text =
        """
        package dev.tessera.models.checkpoint;

        import static dev.tessera.models.train.Loop.run;
        // import dev.tessera.spark.barrier.Gang;
        /** {@link dev.tessera.spark.barrier.Gang} */
        class A {
          String name = "dev.tessera.spark.barrier.Gang";
          dev.tessera.datasets.batch.Batch batch;
        }
        """;

    assertThat(newEdges(List.of(SourceFile.of("A.java", text)), AllowedEdges.table()))
        .containsExactly(
            "A.java:3: models.checkpoint uses models.train (expected one of: [models])",
            "A.java:8: models.checkpoint uses datasets.batch (expected one of: [models])");
  }

  private static List<String> newEdges(List<SourceFile> files, Map<String, Set<String>> allowed) {
    List<String> found = new ArrayList<>();
    for (SourceFile file : files) {
      Set<String> targets = allowed.get(file.packageName());
      if (targets == null) {
        found.add(file.place() + ":1: " + file.packageName() + " is not in the table");
        continue;
      }
      for (SourceFile.Use use : file.uses()) {
        if (!targets.contains(use.name())) {
          found.add(
              "%s:%d: %s uses %s (expected one of: %s)"
                  .formatted(file.place(), use.line(), file.packageName(), use.name(), targets));
        }
      }
    }
    return found;
  }

  @Test
  void theTableHasNoCircle() {
    Map<String, Set<String>> rest = AllowedEdges.table();
    assertThat(rest.keySet()).containsAll(rest.values().stream().flatMap(Set::stream).toList());
    while (!rest.isEmpty()) {
      Set<String> free = new HashSet<>();
      rest.forEach((name, uses) -> addIf(free, name, uses.stream().noneMatch(rest::containsKey)));
      assertThat(free).as("packages that use each other: " + rest.keySet()).isNotEmpty();
      rest.keySet().removeAll(free);
    }
  }

  private static void addIf(Set<String> names, String name, boolean condition) {
    if (condition) {
      names.add(name);
    }
  }

  @Test
  void modulesPointOneWay() {
    Map<String, Set<String>> below =
        Map.of(
            "datasets", Set.of("datasets"),
            "models", Set.of("models"),
            "spark", Set.of("spark", "datasets", "models"),
            "jobs", Set.of("jobs", "spark", "datasets", "models"));
    AllowedEdges.table()
        .forEach(
            (from, uses) ->
                assertThat(uses).as(from).allMatch(to -> below.get(top(from)).contains(top(to))));
  }

  private static String top(String name) {
    return name.split("\\.", 2)[0];
  }

  @Test
  void librariesStayWhereTheyBelong() throws Exception {
    List<String> found = new ArrayList<>();
    for (SourceFile file : SourceFile.all(ROOT)) {
      AllowedEdges.LIBRARIES.forEach(
          (library, places) -> {
            boolean allowed =
                places.stream().anyMatch(p -> (file.packageName() + ".").startsWith(p + "."));
            if (!allowed) {
              file.imports(library)
                  .forEach(
                      use ->
                          found.add(
                              "%s:%d: imports %s (expected only in %s)"
                                  .formatted(file.place(), use.line(), use.name(), places)));
            }
          });
    }
    assertThat(found).isEmpty();
  }

  /** More than a screenful of screens is several things; those that grow are split on purpose. */
  @Test
  void noFileIsLongerThanFiveHundredLines() throws Exception {
    assertThat(SourceFile.all(ROOT))
        .filteredOn(file -> file.code().lines().count() > 500)
        .extracting(SourceFile::place)
        .isEmpty();
  }

  @Test
  void nothingIsFormattedInTheMachinesLanguage() throws Exception {
    assertThat(withoutLocale(SourceFile.all(ROOT))).isEmpty();
  }

  @Test
  void aFormatWithoutALocaleIsFoundWithItsLine() {
    String text =
        """
        package dev.tessera.jobs.run;
        class A {
          String a = String.format("%d", 1);
          String b = "%d".formatted(1);
          String c = String.format(
              Locale.ROOT, ".format(%d", 1).toLowerCase(Locale.ROOT);
          String d = c.toUpperCase();
        }
        """;

    assertThat(withoutLocale(List.of(SourceFile.of("A.java", text))))
        .containsExactly(
            "A.java:3: format( (expected: Locale.ROOT)",
            "A.java:4: formatted( (expected: Locale.ROOT)",
            "A.java:7: toUpperCase() (expected: Locale.ROOT)");
  }

  private static List<String> withoutLocale(List<SourceFile> files) {
    List<String> found = new ArrayList<>();
    for (SourceFile file : files) {
      for (SourceFile.Use use : file.withoutLocale()) {
        found.add(
            String.format(
                Locale.ROOT,
                "%s:%d: %s (expected: Locale.ROOT)",
                file.place(),
                use.line(),
                use.name()));
      }
    }
    return found;
  }

  @Test
  void noFileIsScalaOrHasAVagueName() throws Exception {
    List<String> found = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            boolean skipped = name.startsWith(".") || name.equals("target") || name.equals("runs");
            if (!skipped
                && folder.toString().contains("src")
                && AllowedEdges.VAGUE.matcher(name).matches()) {
              found.add(ROOT.relativize(folder) + " (expected: a package named for its duty)");
            }
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (name.endsWith(".scala")) {
              found.add(ROOT.relativize(file) + " (expected: Java)");
            }
            if (name.matches(".*(Util|Utils|Helper|Helpers|Manager|Common)\\.java")) {
              found.add(ROOT.relativize(file) + " (expected: a class named for its duty)");
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // Gone since its folder was listed.
          }
        });
    assertThat(found).isEmpty();
  }
}
