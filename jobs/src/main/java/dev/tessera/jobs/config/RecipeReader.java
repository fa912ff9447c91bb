package dev.tessera.jobs.config;

import dev.tessera.models.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * Reads a recipe: a YAML file and overrides from the command line, bound strictly to a record or to
 * a sealed interface of records.
 *
 * <ul>
 *   <li>The component {@code learningRate} has the key {@code learning-rate}; enum constants and
 *       the {@code type:} of a sealed interface's records are spelled the same way.
 *   <li>Components may be {@code int}, {@code long}, {@code double}, {@code boolean}, {@code
 *       String}, enums, records, sealed interfaces of records, {@code List}, {@code Map} with names
 *       as keys, and {@code Optional}.
 *   <li>A missing key takes its value from the enclosing record's default, else from the static
 *       {@code defaults()} of its own record; an {@code Optional} is empty. Otherwise it is a
 *       mistake. Lists and maps are replaced as a whole.
 *   <li>A sealed interface's record without keys may be written by its name: {@code sampler: heun}.
 * </ul>
 */
public final class RecipeReader {

  private RecipeReader() {}

  /**
   * Reads the file at {@code location} through Hadoop's file systems, or the text within it.
   *
   * @param overrides {@code key.path=value}, values in YAML's notation; later ones win
   * @throws UserException if the file cannot be read, or with all mistakes of the recipe at once
   */
  public static <T> T read(
      Class<T> type, String location, Configuration hadoop, List<String> overrides) {
    Optional<RecipeText> within = RecipeText.in(location);
    if (within.isPresent()) {
      return parse(type, within.get().name(), within.get().yaml(), overrides);
    }
    return parse(type, location, text(location, hadoop), overrides);
  }

  /**
   * Reads the recipe that a command line names. It is not a method of the options, since the
   * command line's parser looks at all of these: commands that never touch Hadoop then run without
   * its jars.
   */
  public static <T> T read(Class<T> type, RecipeOptions options, Configuration hadoop) {
    return read(type, options.config(), hadoop, options.overrides());
  }

  /**
   * As {@link #read(Class, String, Configuration, List)}, of a file of this machine and without
   * Hadoop.
   */
  public static <T> T readLocal(Class<T> type, java.nio.file.Path file, List<String> overrides) {
    try {
      return parse(type, file.toString(), Files.readString(file), overrides);
    } catch (NoSuchFileException e) {
      throw missing(file.toString(), e);
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    }
  }

  /**
   * Binds a recipe's text.
   *
   * @param source what messages call the text, such as its file's name
   * @throws UserException with all mistakes of the recipe at once
   */
  public static <T> T parse(Class<T> type, String source, String yaml, List<String> overrides) {
    Mistakes mistakes = new Mistakes();
    Node written = YamlTree.ofFile(source, yaml, mistakes);
    Node root = new Overrides(mistakes).apply(written, overrides);
    if (mistakes.any() && written instanceof Node.Mapping map && map.entries().isEmpty()) {
      mistakes.throwIfAny(source); // Not YAML: keys called missing would be noise.
    }
    Optional<Object> bound = new Binder(type, mistakes).bind(type, root, "", Optional.empty());
    mistakes.throwIfAny(source);
    return type.cast(bound.orElseThrow());
  }

  /**
   * Changes keys of a recipe that has no file.
   *
   * @throws UserException with all mistakes of the overrides at once
   */
  public static <T extends Record> T override(T base, List<String> overrides) {
    Mistakes mistakes = new Mistakes();
    String source = Where.COMMAND_LINE.source();
    Node root = new Overrides(mistakes).apply(Node.Mapping.empty(Where.COMMAND_LINE), overrides);
    Class<?> type = base.getClass();
    Optional<Object> bound = new Binder(type, mistakes).bind(type, root, "", Optional.of(base));
    mistakes.throwIfAny(source);
    @SuppressWarnings("unchecked") // Bound to the class of the base.
    T changed = (T) bound.orElseThrow();
    return changed;
  }

  private static String text(String location, Configuration hadoop) {
    Path path = new Path(location);
    try (FSDataInputStream in = path.getFileSystem(hadoop).open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      throw missing(location, e);
    } catch (IOException e) {
      throw unreadable(location, e);
    }
  }

  private static UserException missing(String location, IOException e) {
    return new UserException(location + ": no such recipe (expected: a YAML file)", e);
  }

  private static UserException unreadable(String location, IOException e) {
    return new UserException("Cannot read the recipe " + location + ": " + e.getMessage(), e);
  }
}
