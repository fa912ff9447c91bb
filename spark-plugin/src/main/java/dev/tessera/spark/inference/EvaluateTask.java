package dev.tessera.spark.inference;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;

/**
 * Collects statistics of a range of a table's pictures. Row r always stands at place r mod batch of
 * batch r / batch, as in {@link TokenizeTask}, so that features do not depend on the division.
 *
 * @param batch pictures at a time, always that many
 */
public record EvaluateTask(
    PictureTable table, StatisticsPlan plan, int batch, InferenceDevice device)
    implements TorchTask<RowRange, PictureStatistics> {

  @Override
  public PictureStatistics compute(RowRange range, TaskTables tables, DeviceAssignment assigned)
      throws IOException, InterruptedException {
    Libtorch.useThreads(assigned.cores());
    try (TorchRuntime runtime = device.open(assigned);
        StatisticsCollector collector =
            StatisticsCollector.open(runtime, tables.conf(), this, range);
        PictureTable.Rows rows = table.open(tables.conf(), range)) {
      for (PictureTable.Picture row = rows.next().get(); row != null; row = rows.next().get()) {
        if (collector.add(row)) {
          TorchTask.checkInterrupt();
        }
      }
      return collector.finish();
    }
  }
}
