package dev.tessera.jobs.run;

import dev.tessera.datasets.lease.Lease;
import dev.tessera.models.UserException;
import dev.tessera.spark.settings.Setting;
import dev.tessera.spark.settings.SparkRelease;
import java.time.Duration;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.SparkException;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/**
 * The one place where commands get their SparkSession: that of the process if there is one, which
 * closing leaves as it is, else a new one, which closing ends.
 */
public final class Session implements AutoCloseable {

  /** Ends a rehearsal: all that can be checked without Spark has been. */
  public static final class Due extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Due() {
      super("Spark is due", null, false, false);
    }
  }

  private static final Pattern LOCAL_CLUSTER = Pattern.compile("^local-cluster\\[\\s*([0-9]{1,6})");
  private static final Duration LOCAL_CLUSTER_START = Duration.ofSeconds(30);

  /** What spark-submit calls an application that was given no name. */
  private static final String UNNAMED = "dev.tessera.jobs.Tessera";

  private static volatile boolean rehearsing;

  private static volatile SparkSession newest;

  private final SparkSession spark;
  private final boolean owned;

  private Session(SparkSession spark, boolean owned) {
    this.spark = spark;
    this.owned = owned;
  }

  /** From now on {@link #obtain} throws {@link Due}: this process will not start Spark. */
  public static void rehearse() {
    rehearsing = true;
  }

  /**
   * The session there is, or a new one with what {@code spark-submit} was told.
   *
   * @param name of the application, unless the user gave one: the command and what it makes
   * @param settings Spark keys that hold where the user said nothing
   * @throws UserException if Spark refuses the user's master or settings, or is of another version
   */
  public static Session obtain(String name, Map<String, String> settings) {
    if (rehearsing) {
      throw new Due();
    }
    SparkRelease.require();
    if (!running().isEmpty()) {
      SessionNeeds.check(running().get().getConf());
      return new Session(SparkSession.builder().getOrCreate(), false);
    }
    SparkConf conf = settings();
    if (conf.get("spark.app.name", UNNAMED).equals(UNNAMED)) {
      conf.set("spark.app.name", "tessera " + name);
    }
    // Spark's own bar would redraw the line that ours stands on.
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    settings.forEach(conf::setIfMissing);
    if (SparkSession.getDefaultSession().isEmpty()) {
      Preflight.check(conf);
    }
    try {
      SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
      newest = spark;
      if (LOCAL_CLUSTER.matcher(conf.get("spark.master")).find()) {
        // Its master and workers live in this process, and are not stopped in order.
        spark.sparkContext().addSparkListener(new QuietEnd());
      }
      awaitLocalCluster(spark, conf.get("spark.master"));
      return new Session(spark, true);
    } catch (Exception e) {
      // Scala declares nothing, so a checked SparkException comes without the compiler's knowledge.
      throw mapped(conf, e);
    }
  }

  public SparkSession spark() {
    return spark;
  }

  /** Whether a session was begun here and has not been stopped. */
  static boolean isOpen() {
    SparkSession spark = newest;
    return spark != null && !spark.sparkContext().isStopped();
  }

  /** Stops the session that was begun here, with all that runs in it. */
  static void stop() {
    if (isOpen()) {
      newest.stop();
    }
  }

  private static final class QuietEnd extends SparkListener {
    @Override
    public void onApplicationEnd(SparkListenerApplicationEnd end) {
      SparkLogging.silenceSpark();
    }
  }

  /** What {@code spark-submit} was told, for what can be checked before anything starts. */
  public static SparkConf settings() {
    Option<SparkContext> running = running();
    if (running.isDefined()) {
      return running.get().getConf();
    }
    SparkConf conf = new SparkConf();
    return conf.setIfMissing("spark.master", "local[*]");
  }

  /** Hadoop's settings as a SparkSession would have them, {@code spark.hadoop.*} included. */
  static Configuration hadoop() {
    Option<SparkContext> running = running();
    if (running.isDefined()) {
      return running.get().hadoopConfiguration();
    }
    SparkConf spark = settings();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(spark);
    // As the plugin does once Spark has started.
    hadoop.set(Lease.TAKE_OVER, spark.get(Setting.TAKE_OVER.key(), "").strip());
    return hadoop;
  }

  private static Option<SparkContext> running() {
    Option<SparkContext> active = SparkContext$.MODULE$.getActive();
    return active.isDefined() && !active.get().isStopped() ? active : Option.empty();
  }

  @Override
  public void close() {
    if (owned) {
      spark.stop();
    }
  }

  /**
   * Executors on this machine are there in seconds. A command that ends before prints a stack trace
   * of Spark's over its own sentence.
   */
  private static void awaitLocalCluster(SparkSession spark, String master)
      throws InterruptedException {
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (!cluster.find()) {
      return;
    }
    int executors = Integer.parseInt(cluster.group(1));
    long deadline = System.nanoTime() + LOCAL_CLUSTER_START.toNanos();
    // The driver is counted too.
    while (spark.sparkContext().statusTracker().getExecutorInfos().length <= executors
        && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
  }

  private static RuntimeException mapped(SparkConf conf, Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    boolean users =
        e instanceof SparkException
            || e instanceof IllegalArgumentException
            || e instanceof NoSuchElementException;
    if (users) {
      return new UserException(
          "Spark does not start with --master " + conf.get("spark.master") + ": " + message, e);
    }
    return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
  }
}
