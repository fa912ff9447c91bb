package dev.tessera.jobs.launch;

import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.spark.temporary.RunFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns a user's command line into one of spark-submit. What the user says of Spark holds: where a
 * setting is a list (plugins, class paths, jars, JVM options), ours and the user's are joined;
 * elsewhere ours stand only where the user said nothing.
 */
final class Submission {

  static final String MAIN = "dev.tessera.jobs.Tessera";
  static final String PLUGIN = "dev.tessera.spark.TesseraPlugin";

  /** What every process needs before libtorch loads; the plugin sets it too. */
  static final String JVM_OPTIONS =
      "-Dai.djl.pytorch.graph_optimizer=false -Dai.djl.offline=true -DOPT_OUT_TRACKING=true";

  private static final Pattern IN_THIS_PROCESS = Pattern.compile("local(\\[.*)?");

  private final Arguments arguments;
  private final UserSettings user;
  private final Installation installation;
  private final Map<String, String> environment;
  private final Map<String, String> ours = new LinkedHashMap<>();
  private Optional<RunFolder> run = Optional.empty();

  Submission(
      Arguments arguments,
      UserSettings user,
      Installation installation,
      Map<String, String> environment) {
    this.arguments = arguments;
    this.user = user;
    this.installation = installation;
    this.environment = environment;
    decide();
  }

  private void decide() {
    joined("spark.plugins", ",", PLUGIN);
    joined("spark.executor.defaultJavaOptions", " ", JVM_OPTIONS);
    // The driver of cluster mode is on another machine, which does not have the file.
    String logging = " -Dlog4j2.configurationFile=" + installation.logging();
    joined("spark.driver.defaultJavaOptions", " ", JVM_OPTIONS + (cluster() ? "" : logging));
    missing("spark.ui.showConsoleProgress", "false");
    missing("spark.executorEnv.OPT_OUT_TRACKING", "true");
    for (String name : List.of("DJL_CACHE_DIR", "PYTORCH_LIBRARY_PATH")) {
      variable(name).ifPresent(value -> missing("spark.executorEnv." + name, value));
    }
    if (here()) {
      installation
          .localSettings()
          .forEach(
              (key, value) -> {
                if (!user.chose(key)) {
                  ours.put(key, value);
                }
              });
      // Everything is on this machine: nothing is copied to executors.
      joined("spark.executor.extraClassPath", ":", jars(":"));
      joined("spark.driver.extraClassPath", ":", jars(":"));
    } else {
      joined("spark.jars", ",", installation.natives().toString());
    }
  }

  private String jars(String between) {
    return installation.bundle() + between + installation.natives();
  }

  private void missing(String key, String value) {
    if (user.get(key).isEmpty()) {
      ours.put(key, value);
    }
  }

  private void joined(String key, String between, String value) {
    Set<String> parts = new LinkedHashSet<>();
    parts.add(value);
    user.get(key)
        .ifPresent(
            theirs ->
                parts.addAll(between.equals(",") ? List.of(theirs.split(",")) : List.of(theirs)));
    parts.removeIf(String::isBlank);
    ours.put(key, String.join(between, parts));
  }

  /** Whether the user named no master: two executors of this machine. */
  boolean here() {
    return user.get("spark.master").isEmpty();
  }

  boolean cluster() {
    return user.get("spark.submit.deployMode").orElse("").equals("cluster");
  }

  String master() {
    return user.get("spark.master").orElseGet(() -> ours.getOrDefault("spark.master", ""));
  }

  /**
   * Gives what runs on this machine a folder of its own for temporary files, so that all of it goes
   * with that folder. What the user says of {@code java.io.tmpdir} and {@code spark.local.dir}
   * holds.
   */
  void useFolder(RunFolder folder) {
    run = Optional.of(folder);
    String options =
        JvmOption.property("java.io.tmpdir", folder.temporary().toString())
            + " "
            + JvmOption.property(CacheSettings.RUN_FOLDER, folder.folder().toString());
    prefix("spark.driver.defaultJavaOptions", options);
    if (localCluster()) {
      prefix("spark.executor.defaultJavaOptions", options);
    }
  }

  private void prefix(String key, String options) {
    ours.merge(key, options, (old, first) -> first + " " + old);
  }

  private boolean localCluster() {
    return master().startsWith("local-cluster");
  }

  /** All settings that the driver will have, as far as they are known before it starts. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>(user.all());
    settings.putAll(ours);
    return settings;
  }

  /**
   * The words after {@code spark-submit}.
   *
   * @param own the command and its own arguments
   */
  List<String> words(List<String> own) {
    List<String> words = new ArrayList<>();
    if (!arguments.has("--class")) {
      words.addAll(List.of("--class", MAIN));
    }
    ours.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
    for (Arguments.Given given : arguments.spark()) {
      // What was joined stands above; later words would replace it.
      if (given.setting().map(setting -> ours.containsKey(setting.getKey())).orElse(false)) {
        continue;
      }
      words.add(given.name());
      Optional.ofNullable(given.value()).ifPresent(words::add);
    }
    words.add(installation.bundle().toString());
    words.addAll(own);
    return words;
  }

  /** What the driver's environment needs besides the user's. */
  Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    if (here()) {
      // No name needs resolving.
      variables.put("SPARK_LOCAL_IP", variable("SPARK_LOCAL_IP").orElse("127.0.0.1"));
      variables.put("SPARK_LOCAL_HOSTNAME", variable("SPARK_LOCAL_HOSTNAME").orElse("localhost"));
    }
    if (localCluster() && run.isPresent()) {
      Path spark = SparkFolder.in(run.get().folder(), installation.spark());
      variables.put("SPARK_HOME", spark.toString());
    }
    // bench computes in the driver's process, and so does local[n]; the plugin serves executors.
    boolean bench = !arguments.own().isEmpty() && arguments.own().get(0).equals("bench");
    if (bench || IN_THIS_PROCESS.matcher(master()).matches()) {
      if (user.get("spark.tessera.tf32").orElse("").equals("true")) {
        variables.put("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1");
      } else {
        variables.put("NVIDIA_TF32_OVERRIDE", variable("NVIDIA_TF32_OVERRIDE").orElse("0"));
      }
    }
    return variables;
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }
}
