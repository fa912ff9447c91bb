package dev.tessera.jobs.launch;

import dev.tessera.jobs.Tessera;
import dev.tessera.models.UserException;
import dev.tessera.spark.temporary.LibtorchCache;
import dev.tessera.spark.temporary.RunFolder;
import dev.tessera.spark.temporary.UnpackedLibraries;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The first process of {@code bin/tessera}: help and mistakes end here, in one JVM; for all else it
 * writes the driver's command line to descriptor 3, each word ended by a NUL, and the script
 * becomes that.
 */
public final class Launch {

  /** What only spark-submit brings to the class path; a rehearsal without it would be wrong. */
  private static final List<String> BROUGHT =
      List.of(
          "spark.jars",
          "spark.jars.packages",
          "spark.driver.extraClassPath",
          "spark.kerberos.principal",
          "spark.kerberos.keytab");

  /** The system property with the script's process id; without it nothing is begun. */
  private static final String PROCESS = "tessera.process";

  private static final String SPARKS = "org.apache.spark.launcher.Main";

  private final Map<String, String> environment;
  private final Installation installation;

  private Launch(Map<String, String> environment) {
    this.environment = environment;
    this.installation = Installation.ofProperties(environment);
  }

  public static void main(String[] words) throws IOException {
    System.exit(new Launch(System.getenv()).run(List.of(words)));
  }

  private int run(List<String> words) throws IOException {
    try {
      Arguments arguments = Arguments.of(words, Tessera.commands());
      UserSettings user = UserSettings.of(arguments, installation.sparkConf(environment));
      Submission submission = new Submission(arguments, user, installation, environment);
      List<String> own = submission.cluster() ? ShippedRecipe.in(arguments.own()) : arguments.own();
      if (!arguments.has("--class")) {
        submission.settings().forEach(System::setProperty);
        OptionalInt ended = Tessera.rehearse(own, !submission.cluster() && !brought(user));
        if (ended.isPresent()) {
          return ended.getAsInt();
        }
      }
      Refusals.check(submission.settings(), submission.words(own), environment);
      if (System.getProperty(PROCESS) == null) {
        return 0; // It only showed Java the classes of a start.
      }
      Path temporary = temporary();
      RunFolder.sweep(temporary);
      UnpackedLibraries.sweep(temporary, LibtorchCache.libtorch());
      if (submission.cluster()) {
        write(command(submission, own));
      } else {
        begin(RunFolder.of(temporary, Long.getLong(PROCESS)), submission, own);
      }
      return 0;
    } catch (UserException e) {
      System.err.println("tessera: " + e.getMessage());
      return 2;
    }
  }

  /** The driver will be the process that the script is now. */
  private void begin(RunFolder folder, Submission submission, List<String> own) throws IOException {
    boolean begun = false;
    try {
      submission.useFolder(folder);
      write(command(submission, own));
      begun = true;
    } finally {
      if (!begun) {
        folder.remove();
      }
    }
  }

  private Path temporary() {
    String named = environment.getOrDefault("TMPDIR", "");
    return Path.of(named.isEmpty() ? System.getProperty("java.io.tmpdir") : named).toAbsolutePath();
  }

  private boolean brought(UserSettings user) {
    return BROUGHT.stream().anyMatch(key -> user.get(key).isPresent())
        || environment.containsKey("SPARK_DIST_CLASSPATH")
        || Files.exists(installation.sparkConf(environment).resolve("spark-env.sh"));
  }

  private List<String> command(Submission submission, List<String> own) throws IOException {
    List<String> command = new ArrayList<>();
    Map<String, String> variables = submission.variables();
    if (!variables.isEmpty()) {
      command.add("env");
      variables.forEach((name, value) -> command.add(name + "=" + value));
    }
    List<String> words = submission.words(own);
    Path script = installation.spark().resolve("bin/spark-submit");
    if (installation.ownSpark()) {
      command.addAll(driver(words));
    } else {
      command.add(script.toString());
      command.addAll(words);
    }
    return command;
  }

  /** The driver's command line as Spark's own launcher makes it, for a Spark without scripts. */
  private static List<String> driver(List<String> words) throws IOException {
    List<String> submit = new ArrayList<>(List.of("org.apache.spark.deploy.SparkSubmit"));
    submit.addAll(words);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream standard = System.out;
    try (PrintStream caught = new PrintStream(printed, true, names())) {
      System.setOut(caught);
      // What its script calls; the class is not public.
      Method main = Class.forName(SPARKS).getMethod("main", String[].class);
      main.setAccessible(true);
      main.invoke(null, (Object) submit.toArray(String[]::new));
    } catch (InvocationTargetException e) {
      String reason = e.getCause().getMessage();
      throw new UserException("Spark's launcher refused the options: " + reason, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("No " + SPARKS + " in " + System.getenv("SPARK_HOME"), e);
    } finally {
      System.setOut(standard);
    }
    // A line with a NUL, then words that a NUL ends.
    List<String> driver =
        Stream.of(printed.toString(names()).split("\0"))
            .map(word -> word.startsWith("\n") ? word.substring(1) : word)
            // Its only effect on a driver of ours is a warning on every start.
            .filter(word -> !word.equals("--add-modules=jdk.incubator.vector"))
            .toList();
    return driver.subList(1, driver.size());
  }

  private static void write(List<String> words) throws IOException {
    try (FileOutputStream out = new FileOutputStream("/dev/fd/3")) {
      for (String word : words) {
        out.write(word.getBytes(names()));
        out.write(0);
      }
    }
  }

  /** The coding of arguments and file names. */
  private static Charset names() {
    return Charset.forName(System.getProperty("sun.jnu.encoding"));
  }
}
