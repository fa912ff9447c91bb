package dev.tessera.jobs.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * What a command made, for the program that called it. Callable by any thread: ranks' reports come
 * on others than the command's.
 */
public final class Products {

  private String run;
  private final List<String> outputs = new ArrayList<>();
  private final Map<String, Double> metrics = new LinkedHashMap<>();

  /** A run directory; of several the last. */
  public synchronized void run(Path path) {
    run = path.toString();
  }

  /** The run was refused before it began, and its folder is gone. */
  public synchronized void noRun() {
    run = null;
    metrics.clear();
  }

  /** A table, a checkpoint or a file that is complete now. */
  public synchronized void output(String path) {
    outputs.add(path);
  }

  /** Numbers by name; a later one replaces an earlier of its name. */
  public synchronized void metrics(Map<String, ? extends Number> values) {
    values.forEach((name, value) -> metrics.put(name, value.doubleValue()));
  }

  public synchronized Optional<String> run() {
    return Optional.ofNullable(run);
  }

  public synchronized List<String> outputs() {
    return List.copyOf(outputs);
  }

  public synchronized Map<String, Double> metrics() {
    return new LinkedHashMap<>(metrics);
  }
}
