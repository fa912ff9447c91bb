package dev.tessera.jobs.doctor;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.util.SerializableConfiguration;

/** The task that looks at its executor; of several in one process only the first does. */
final class ExecutorProbe implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

  private final String visit;
  private final LinkedHashMap<String, String> paths;
  private final ArrayList<PathMark> marks;
  private final SerializableConfiguration hadoop;

  /**
   * @param paths that must be reached though nobody asked, and why
   * @param marks of paths that must be the driver's too
   * @param visit tells one doctor's call from another in a process that both visit
   */
  ExecutorProbe(
      String visit, Map<String, String> paths, List<PathMark> marks, Configuration hadoop) {
    this.visit = visit;
    this.paths = new LinkedHashMap<>(paths);
    this.marks = new ArrayList<>(marks);
    this.hadoop = new SerializableConfiguration(hadoop);
  }

  /** What this executor found; empty when another task of it has looked already. */
  List<ProcessFacts> look() {
    if (!SEEN.add(visit)) {
      return List.of();
    }
    SparkEnv env = SparkEnv.get();
    List<PathFacts> files = new ArrayList<>();
    paths.forEach((path, why) -> files.add(PathFacts.probe(path, hadoop.value()).because(why)));
    marks.forEach(mark -> files.add(PathFacts.probe(mark, hadoop.value())));
    String host = env.blockManager().blockManagerId().host();
    return List.of(ProcessFacts.probe("executor " + env.executorId(), host, files));
  }
}
