package dev.tessera.spark.table;

import dev.tessera.datasets.table.RowFormat;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePartWriter;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;

/**
 * The tables that one task attempt writes. Files get names that no other attempt of any task has,
 * so that retried and speculative attempts cannot touch each other's.
 */
public final class TaskTables implements Closeable {

  private final Configuration conf;
  private final TaskContext task;
  private final List<TablePartWriter<?>> open = new ArrayList<>();
  private final Set<String> names = new LinkedHashSet<>();

  TaskTables(Configuration conf, TaskContext task) {
    this.conf = conf;
    this.task = task;
  }

  /** Hadoop's settings, as on the driver. */
  public Configuration conf() {
    return conf;
  }

  /** The task's number, which orders the parts. */
  public int partition() {
    return task.partitionId();
  }

  /** The tables that the task began to write. */
  Set<String> names() {
    return names;
  }

  /** Opens a part of a table, one of several perhaps. */
  public <R> TablePartWriter<R> open(TableOutput output, RowFormat<R> format) throws IOException {
    return open(output, format, Map.of());
  }

  /** Opens a part of a table, with extra keys for the files' footers. */
  public <R> TablePartWriter<R> open(
      TableOutput output, RowFormat<R> format, Map<String, String> footer) throws IOException {
    TablePartWriter<R> writer =
        output.part(conf, format, open.size(), task.partitionId(), task.taskAttemptId(), footer);
    open.add(writer);
    names.add(output.table());
    return writer;
  }

  /** Removes what unfinished writers wrote; finished parts stay for the commit. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (TablePartWriter<?> writer : open) {
      try {
        writer.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
