package dev.tessera.jobs.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One main source file, with comments and strings blanked out.
 *
 * @param place the file, from the repository's root
 * @param code its text, as many lines as the file has
 */
record SourceFile(String place, String code) {

  private static final Pattern PACKAGE = Pattern.compile("(?m)^package dev\\.tessera\\.([a-z.]+);");
  private static final Pattern OURS =
      Pattern.compile("\\bdev\\.tessera\\.([a-z][a-z0-9]*(?:\\.[a-z][a-z0-9]*)*)\\.[A-Z]");
  private static final Pattern NOT_CODE =
      Pattern.compile(
          "\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'"
              + "|/\\*[\\s\\S]*?\\*/|//[^\\n]*");

  private static final Pattern WITHOUT_LOCALE =
      Pattern.compile(
          "\\.(formatted\\(|to(?:Upper|Lower)Case\\(\\)|(?:format|printf)\\((?!\\s*(?:Locale\\b|\\))))");

  /** A name of a package and the line it stands on. */
  record Use(String name, int line) {}

  /** All of the product's sources: {@code <module>/src/main/java}. */
  static List<SourceFile> all(Path root) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    for (String module : List.of("datasets", "models", "spark-plugin", "jobs")) {
      Path sources = root.resolve(module).resolve("src/main/java");
      if (!Files.isDirectory(sources)) {
        continue;
      }
      try (Stream<Path> paths = Files.walk(sources)) {
        paths
            .filter(path -> path.toString().endsWith(".java"))
            .sorted()
            .forEach(path -> files.add(read(root, path)));
      }
    }
    return files;
  }

  private static SourceFile read(Path root, Path path) {
    try {
      return of(root.relativize(path).toString(), Files.readString(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SourceFile of(String place, String text) {
    String code =
        NOT_CODE.matcher(text).replaceAll(found -> found.group().replaceAll("[^\\n]", " "));
    return new SourceFile(place, code);
  }

  /** The package without {@code dev.tessera.}. */
  String packageName() {
    Matcher name = PACKAGE.matcher(code);
    if (!name.find()) {
      throw new IllegalStateException(place + ": no package below dev.tessera");
    }
    return name.group(1);
  }

  /** Other packages of ours, imported or written out in full. */
  List<Use> uses() {
    String own = packageName();
    return find(OURS, 1).stream().filter(use -> !use.name().equals(own)).toList();
  }

  /** Places that write numbers or fold case in whatever language the machine speaks. */
  List<Use> withoutLocale() {
    return find(WITHOUT_LOCALE, 1);
  }

  /** Places that import something of {@code library}. */
  List<Use> imports(String library) {
    String name = Pattern.quote(library);
    return find(Pattern.compile("(?m)^import (?:static )?(" + name + "\\.[\\w.]+)"), 1);
  }

  private List<Use> find(Pattern pattern, int group) {
    List<Use> uses = new ArrayList<>();
    Matcher found = pattern.matcher(code);
    while (found.find()) {
      int line = (int) code.substring(0, found.start()).chars().filter(c -> c == '\n').count() + 1;
      uses.add(new Use(found.group(group), line));
    }
    return uses;
  }
}
