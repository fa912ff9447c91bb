package dev.tessera.jobs.run;

import dev.tessera.spark.settings.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;

/**
 * What must not be written or printed. Of Spark's settings the values of those known to be harmless
 * are shown, and of no other: a list of bad words cannot be complete. Free text, such as a message
 * or an argument, keeps all but what stands where secrets stand.
 */
public final class Secrets {

  /** Stands for what is hidden. */
  static final String HIDDEN = "(hidden)";

  /**
   * A key of any notation whose value is a secret; {@code tokenizer} and {@code passes} are not.
   */
  private static final String KEY =
      "[\\w.-]*(?:spark\\.executorEnv\\.|secret|pass(?:word|wd|phrase)?(?![a-z])|pwd|token(?![a-z])"
          + "|credential|signature|api[-_.]?key|(?:access|account|private|encryption|shared|client)"
          + "[-_.]?key)[\\w.-]*";

  private static final String VALUE = "(?:\"[^\"]*\"|'[^']*'|(?:[^\\s&'\"\\\\]|\\\\[^\"])+)";

  /** In this order: the first takes names that the others would leave half. */
  private static final List<Pattern> PLACES =
      List.of(
          // Keys of object stores have slashes in them; a port has not, nor names without a colon.
          Pattern.compile(
              "()(?<=://)(?:[^\\s'\"@/:]*:(?!\\d+(?:/|$))[^\\s'\"]*|(?<!abfss?://|wasbs?://)[^\\s'\"/]*)(?=@)"),
          Pattern.compile("(://[^\\s'\"?]*\\?)" + "(?=[^\\s'\"]*=)" + VALUE),
          Pattern.compile("(?i)((?<![\\w.-])" + KEY + "[\"']?\\s?[=]\\s?)" + VALUE),
          // Its quotes have backslashes where it is a value of JSON itself.
          Pattern.compile("(?i)(\\\\*\"" + KEY + "\\\\*\"\\s*:\\s*)\\\\*\"[^\"]*\""),
          Pattern.compile("(?i)(authorization\\s*[:=]\\s*)\\S+(?:\\s+[\\w.~+/=-]+)?"),
          Pattern.compile("(?i)(\\bbearer\\s+)[\\w.~+/=-]{8,}"),
          Pattern.compile("()\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b"));

  private static final Set<String> HARMLESS =
      Set.of(
          "spark.app.id",
          "spark.app.name",
          "spark.app.startTime",
          "spark.app.submitTime",
          "spark.authenticate",
          "spark.cores.max",
          "spark.default.parallelism",
          "spark.driver.bindAddress",
          "spark.driver.cores",
          "spark.driver.host",
          "spark.driver.maxResultSize",
          "spark.driver.memory",
          "spark.driver.memoryOverhead",
          "spark.driver.port",
          "spark.dynamicAllocation.enabled",
          "spark.dynamicAllocation.maxExecutors",
          "spark.dynamicAllocation.minExecutors",
          "spark.eventLog.enabled",
          "spark.executor.cores",
          "spark.executor.id",
          "spark.executor.instances",
          "spark.executor.memory",
          "spark.executor.memoryOverhead",
          "spark.executor.resource.gpu.amount",
          "spark.hadoop.fs.defaultFS",
          "spark.hadoop.fs.s3a.endpoint",
          "spark.hadoop.fs.s3a.endpoint.region",
          "spark.hadoop.fs.s3a.path.style.access",
          "spark.io.compression.codec",
          "spark.io.encryption.enabled",
          "spark.jars",
          "spark.jars.packages",
          "spark.local.dir",
          "spark.locality.wait",
          "spark.master",
          "spark.memory.fraction",
          "spark.memory.offHeap.enabled",
          "spark.memory.offHeap.size",
          "spark.network.crypto.enabled",
          "spark.network.timeout",
          "spark.plugins",
          "spark.rpc.message.maxSize",
          "spark.scheduler.mode",
          "spark.serializer",
          "spark.speculation",
          "spark.sql.shuffle.partitions",
          "spark.ssl.rpc.enabled",
          "spark.submit.deployMode",
          "spark.task.cpus",
          "spark.task.maxFailures",
          "spark.task.resource.gpu.amount",
          "spark.ui.enabled",
          "spark.ui.port",
          "spark.ui.showConsoleProgress");

  private static final Set<String> OURS =
      Arrays.stream(Setting.values()).map(Setting::key).collect(Collectors.toUnmodifiableSet());

  private Secrets() {}

  /** The value of a setting of Spark's, as it may be shown. */
  static String setting(SparkConf conf, String key, String value) {
    Pattern users = Pattern.compile(conf.get("spark.redaction.regex", "(?!)"));
    boolean shown = shown(key) && !users.matcher(key).find() && !users.matcher(value).find();
    return shown ? text(value) : HIDDEN;
  }

  private static boolean shown(String key) {
    return HARMLESS.contains(key) || OURS.contains(key);
  }

  /** Arguments of a command line, as they may be shown; settings of Spark's among them. */
  static List<String> arguments(List<String> arguments) {
    List<String> shown = new ArrayList<>();
    boolean setting = false;
    for (String argument : arguments) {
      String opening = argument.startsWith("--conf=") ? "--conf=" : "";
      String rest = argument.substring(opening.length());
      int equals = rest.indexOf('=');
      boolean sparks = setting || !opening.isEmpty() || rest.startsWith("spark.");
      boolean hides = sparks && equals >= 0 && !shown(rest.substring(0, equals));
      shown.add(hides ? opening + rest.substring(0, equals + 1) + HIDDEN : text(argument));
      setting = argument.equals("--conf") || argument.equals("-c");
    }
    return shown;
  }

  /**
   * A text without the user's part and the query of URLs, and without the values of keys that name
   * a secret, {@code key=value} or as JSON.
   */
  public static String text(String text) {
    String shown = text;
    for (Pattern place : PLACES) {
      shown = place.matcher(shown).replaceAll("$1" + HIDDEN);
    }
    return shown;
  }
}
