package dev.tessera.jobs.launch;

import dev.tessera.models.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command line, sorted: options of spark-submit may stand anywhere, before the command or after
 * it, as {@code --name value} or {@code --name=value}. Where a command has an option of the same
 * name ({@code --class} of {@code sample}), the one after the command is the command's.
 *
 * @param spark spark-submit's, in order
 * @param own the command and what is its own
 */
record Arguments(List<Given> spark, List<String> own) {

  /**
   * An option of spark-submit.
   *
   * @param value null for a switch
   */
  record Given(String name, String value) {

    /** The setting that it says, if it says one: of {@code --conf} what it names. */
    Optional<Map.Entry<String, String>> setting() {
      if (name.equals("--conf") || name.equals("-c")) {
        int equal = value.indexOf('=');
        return Optional.of(Map.entry(value.substring(0, equal), value.substring(equal + 1)));
      }
      String key = SparkOptions.VALUED.getOrDefault(name, "");
      return key.isEmpty() ? Optional.empty() : Optional.of(Map.entry(key, value));
    }
  }

  Arguments {
    spark = List.copyOf(spark);
    own = List.copyOf(own);
  }

  /**
   * Sorts.
   *
   * @param root the command line that knows all commands and their options
   * @throws UserException if an option of Spark's has no value or cannot be used
   */
  static Arguments of(List<String> words, CommandSpec root) {
    List<Given> spark = new ArrayList<>();
    List<String> own = new ArrayList<>();
    CommandSpec command = root;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("--")) {
        own.addAll(words.subList(i, words.size()));
        break;
      }
      int equal = word.startsWith("--") ? word.indexOf('=') : -1;
      String name = equal < 0 ? word : word.substring(0, equal);
      OptionSpec known = word.startsWith("-") ? command.findOption(name) : null;
      if (known != null) {
        own.add(word);
        for (int n = known.arity().min(); equal < 0 && n > 0 && i + 1 < words.size(); n--) {
          own.add(words.get(++i));
        }
      } else if (SparkOptions.VALUED.containsKey(name)) {
        if (equal < 0 && i + 1 == words.size()) {
          throw new UserException(name + " needs a value");
        }
        spark.add(usable(new Given(name, equal < 0 ? words.get(++i) : word.substring(equal + 1))));
      } else if (SparkOptions.SWITCHES.contains(word)) {
        spark.add(new Given(word, null));
      } else {
        own.add(word);
        CommandLine below = command.subcommands().get(word);
        command = below == null ? command : below.getCommandSpec();
      }
    }
    return new Arguments(spark, own);
  }

  private static Given usable(Given given) {
    String name = given.name();
    if (name.equals("--remote")) {
      throw new UserException(
          "--remote asks for Spark Connect, whose server owns the driver, and Tessera's commands"
              + " are drivers: name the cluster by --master");
    }
    if (name.equals("--kill") || name.equals("--status")) {
      throw new UserException(
          name + " asks about an application that was submitted before: call spark-submit itself");
    }
    if ((name.equals("--conf") || name.equals("-c")) && given.value().indexOf('=') < 1) {
      throw new UserException(
          name + " " + given.value() + ": no setting (expected: " + name + " key=value)");
    }
    return given;
  }

  Optional<String> last(String name) {
    return spark.stream()
        .filter(given -> given.name().equals(name))
        .reduce((first, second) -> second)
        .map(Given::value);
  }

  boolean has(String name) {
    return spark.stream().anyMatch(given -> given.name().equals(name));
  }
}
