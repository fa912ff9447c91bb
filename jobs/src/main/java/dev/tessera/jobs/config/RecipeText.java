package dev.tessera.jobs.config;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A recipe within an argument, for a driver on a machine that does not have the file: {@code
 * data:application/yaml;name=dit.yaml;base64,...} (RFC 2397).
 *
 * @param name of the file it was
 */
public record RecipeText(String name, String yaml) {

  private static final String FLAG = "--config=";
  private static final String HEAD = "data:application/yaml;name=";
  private static final Pattern FORM =
      Pattern.compile(Pattern.quote(HEAD) + "([^;]*);base64,([A-Za-z0-9+/=]*)");

  /** Linux passes no longer argument. */
  private static final int LONGEST = 100_000;

  /**
   * A recipe's location as one that means the same everywhere: the text of a file of this machine,
   * any other as it is.
   *
   * @throws UserException if the file cannot be read or is too long to be passed
   */
  public static String shipped(String location) {
    boolean elsewhere = location.matches("[A-Za-z][A-Za-z0-9+.-]+:.*");
    if (elsewhere && !location.startsWith("file:")) {
      return location;
    }
    Path file = Path.of(location.replaceFirst("^file:(//)?", ""));
    try {
      String form =
          HEAD
              + URLEncoder.encode(String.valueOf(file.getFileName()), StandardCharsets.UTF_8)
              + ";base64,"
              + Base64.getEncoder().encodeToString(Files.readAllBytes(file));
      if (form.length() > LONGEST) {
        throw new UserException(
            location
                + " is too long to travel with a submission: put it where the driver reads it,"
                + " such as hdfs: or s3a:, and name that");
      }
      return form;
    } catch (NoSuchFileException e) {
      throw new UserException(location + ": no such recipe (expected: a YAML file)", e);
    } catch (IOException e) {
      throw new UserException("Cannot read the recipe " + location + ": " + e.getMessage(), e);
    }
  }

  /** The recipe within a location; empty for one that names a file. */
  static Optional<RecipeText> in(String location) {
    Matcher form = FORM.matcher(location);
    if (!form.matches()) {
      return Optional.empty();
    }
    String name = URLDecoder.decode(form.group(1), StandardCharsets.UTF_8);
    byte[] yaml = Base64.getDecoder().decode(form.group(2));
    return Optional.of(new RecipeText(name, new String(yaml, StandardCharsets.UTF_8)));
  }

  /** Whether a location needs no file to be read. */
  public static boolean within(String location) {
    return in(location).isPresent();
  }

  /** A command line with the name of its recipe in place of its text. */
  public static List<String> named(List<String> arguments) {
    return arguments.stream()
        .map(
            word ->
                word.startsWith(FLAG) ? FLAG + called(word.substring(FLAG.length())) : called(word))
        .toList();
  }

  /** What people call a location: its file's name where the text is within. */
  public static String called(String location) {
    return in(location).map(RecipeText::name).orElse(location);
  }
}
