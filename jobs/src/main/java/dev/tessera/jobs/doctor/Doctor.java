package dev.tessera.jobs.doctor;

import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.models.UserException;
import dev.tessera.spark.barrier.LiveSlots;
import dev.tessera.spark.barrier.Slots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** {@code tessera doctor}: looks at the driver and every executor before a run does. */
public final class Doctor {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Doctor() {}

  /**
   * Looks at all processes of the application. Loads libtorch in each.
   *
   * @param asked inputs and outputs that must be the same place for all processes, besides Hadoop's
   *     default one and the working folder, where relative paths lie
   * @param told a sentence while executors are awaited
   */
  public static DoctorReport run(SparkSession session, List<String> asked, Consumer<String> told)
      throws InterruptedException {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    List<String> given = qualified(asked, spark.hadoopConfiguration());
    Map<String, String> common = common(spark.hadoopConfiguration());
    given.forEach(common::remove);
    List<String> obstacles = new ArrayList<>(SettingsFacts.obstacles(spark.getConf()));
    List<ProcessFacts> processes = new ArrayList<>();
    processes.add(driver(spark, common, given));
    if (!spark.isLocal()) {
      List<ProcessFacts> executors = executors(spark, common, given, told);
      processes.addAll(executors);
      if (executors.isEmpty()) {
        obstacles.add("no executor started: " + LiveSlots.tooFew(spark.sc(), 1, 0).getMessage());
      }
    }
    processes.forEach(process -> obstacles.addAll(process.obstacles()));
    if (obstacles.isEmpty()) {
      obstacles.addAll(gang(spark));
    }
    String slots =
        SettingsFacts.slots(spark.getConf())
            + LiveSlots.cluster(spark.sc()).map(has -> "; the cluster has " + has).orElse("");
    return new DoctorReport(slots, processes, obstacles);
  }

  /** What is looked at unasked, and why. */
  private static Map<String, String> common(Configuration hadoop) {
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put(
        FileSystem.getDefaultUri(hadoop).resolve("/").toString(), "Hadoop's default file system");
    try {
      paths.put(QualifiedPath.of(hadoop, ".").toString(), "the working folder");
    } catch (UserException e) {
      // Of the default file system, which the first path tells of.
    }
    return paths;
  }

  /** A relative path means the driver's folder, wherever it is looked at. */
  private static List<String> qualified(List<String> asked, Configuration hadoop) {
    List<String> paths = new ArrayList<>();
    for (String path : asked) {
      try {
        paths.add(QualifiedPath.of(hadoop, path).toString());
      } catch (UserException e) {
        paths.add(path);
      }
    }
    return paths;
  }

  private static List<String> gang(JavaSparkContext spark) {
    String problem = GangProbe.run(spark, LiveSlots.now(spark.sc()));
    return problem.isEmpty() ? List.of() : List.of(problem);
  }

  private static ProcessFacts driver(
      JavaSparkContext spark, Map<String, String> common, List<String> asked) {
    Configuration hadoop = spark.hadoopConfiguration();
    List<PathFacts> files = new ArrayList<>();
    common.forEach((path, why) -> files.add(PathFacts.probe(path, hadoop).because(why)));
    asked.forEach(path -> files.add(PathFacts.probe(path, hadoop)));
    return ProcessFacts.probe(
        ProcessFacts.DRIVER, spark.getConf().get("spark.driver.host", "localhost"), files);
  }

  private static List<ProcessFacts> executors(
      JavaSparkContext spark, Map<String, String> common, List<String> asked, Consumer<String> told)
      throws InterruptedException {
    int promised = Slots.of(spark.getConf()).total().orElse(1);
    int slots = LiveSlots.await(spark.sc(), promised, PATIENCE, told);
    if (slots == 0) {
      return List.of();
    }
    Configuration hadoop = spark.hadoopConfiguration();
    List<PathMark> marks = asked.stream().map(path -> PathMark.put(path, hadoop)).toList();
    try {
      ExecutorProbe probe = new ExecutorProbe(UUID.randomUUID().toString(), common, marks, hadoop);
      return EverySlot.run(spark, slots, probe).stream()
          .sorted(Comparator.comparing(ProcessFacts::role))
          .toList();
    } finally {
      marks.forEach(mark -> mark.remove(hadoop));
    }
  }
}
