package dev.tessera.spark.inference;

import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.batch.SequentialReader;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.likelihood.FlowLikelihood;
import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.models.diffusion.likelihood.ProbedDenoiser;
import dev.tessera.models.diffusion.likelihood.TraceEstimate;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The log densities of a range of a table's rows under a diffusion model's average. Row r always
 * stands at place (r - from) mod batch of its batch, and a batch that the rows do not fill repeats
 * its last: densities do not depend on how rows are divided among tasks.
 *
 * @param classes of the data that the model was trained on
 * @param checkpoint of the model
 * @param table of pictures, or of latents, as the model's signal is
 * @param origin number of the first of all rows, where batches are counted from
 * @param seed of probes, and of the noise that makes bytes continuous
 * @param batch pictures at a time, always that many
 */
public record DensityTask(
    DiffusionRecipe recipe,
    Signal signal,
    int classes,
    String checkpoint,
    String table,
    long origin,
    LikelihoodRecipe levels,
    TraceEstimate trace,
    long seed,
    int batch,
    InferenceDevice device)
    implements TorchTask<RowRange, DensityTask.Report> {

  /**
   * What a task found.
   *
   * @param nats of each row, in order
   * @param evaluations calls of the denoiser, over all batches
   */
  public record Report(List<Double> nats, long evaluations) implements Serializable {}

  @Override
  public Report compute(RowRange range, TaskTables tables, DeviceAssignment assigned)
      throws IOException, InterruptedException {
    Libtorch.useThreads(assigned.cores());
    DiffusionModel model = new DiffusionModel(recipe, signal, classes);
    Shape shape = model.shape(batch);
    List<Double> nats = new ArrayList<>();
    long evaluations = 0;
    try (TorchRuntime runtime = device.open(assigned);
        NativeTensor weights =
            StoredWeights.open(tables.conf(), checkpoint)
                .group(runtime, model.layout(), VectorName.AVERAGE);
        NativeTensor labels = runtime.zeros(DType.INT64, Shape.of(batch));
        NativeTensor data = runtime.zeros(DType.FLOAT64, shape);
        FlowLikelihood flow = new FlowLikelihood(runtime, recipe.path(), levels, shape);
        ProbedDenoiser denoiser =
            ProbedDenoiser.of(
                runtime, model, batch, trace, weights, model.classes() > 0 ? labels : null);
        SequentialReader<?> reader =
            SequentialReader.open(
                tables.conf(), table, origin + range.from(), origin + range.to())) {
      for (long first = range.from(); first < range.to(); first += batch) {
        TorchTask.checkInterrupt();
        int rows = (int) Math.min(batch, range.to() - first);
        read(reader, rows, data, labels);
        denoiser.probe(seed, origin + first);
        try (FlowLikelihood.Flowed flowed = flow.follow(denoiser, data)) {
          nats.addAll(flowed.nats().subList(0, rows));
          evaluations += flowed.evaluations();
        }
      }
    }
    return new Report(List.copyOf(nats), evaluations);
  }

  private void read(SequentialReader<?> reader, int rows, NativeTensor data, NativeTensor labels) {
    int elements = signal.channels() * signal.height() * signal.width();
    boolean pixels = signal.kind() == Signal.Kind.PIXELS;
    double units = signal.units(recipe.sigmaData());
    Map<Column, ByteBuffer> columns =
        Map.of(
            pixels ? Column.PIXELS : Column.LATENT,
            bytes(elements * (pixels ? 1 : Float.BYTES)),
            Column.LABEL,
            bytes(Integer.BYTES),
            Column.ID,
            bytes(Long.BYTES));
    double[] values = new double[batch * elements];
    long[] classOf = new long[batch];
    for (int i = 0; i < batch; i++) {
      if (i < rows) {
        columns.values().forEach(ByteBuffer::clear);
        reader.next(columns);
        columns.values().forEach(ByteBuffer::flip);
      }
      ByteBuffer stored = columns.get(pixels ? Column.PIXELS : Column.LATENT);
      SplittableRandom within =
          new SplittableRandom(Hash.of(seed, columns.get(Column.ID).getLong(0)));
      for (int j = 0; j < elements; j++) {
        double value =
            pixels
                ? (stored.get(j) & 0xff) + within.nextDouble() - 0.5
                : stored.getFloat(j * Float.BYTES);
        values[i * elements + j] = (value - signal.shift()) / units;
      }
      classOf[i] = Math.max(0, columns.get(Column.LABEL).getInt(0));
    }
    data.set(values);
    labels.set(classOf);
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
