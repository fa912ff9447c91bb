package dev.tessera.spark.inference;

import dev.tessera.datasets.image.PngEncoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.SampleRow;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.datasets.table.TablePartWriter;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;

/**
 * Draws a range of pictures.
 *
 * @param checkpoint of the diffusion model
 * @param label class of all pictures, or -1 for all classes in turn
 * @param size side of a picture in pixels
 */
public record SampleTask(
    SamplerSpec spec,
    String checkpoint,
    TableOutput output,
    long seed,
    int label,
    int size,
    InferenceDevice device)
    implements TorchTask<RowRange, TablePart> {

  @Override
  public TablePart compute(RowRange range, TaskTables tables, DeviceAssignment assigned)
      throws IOException, InterruptedException {
    Libtorch.useThreads(assigned.cores());
    DiffusionModel model = spec.model();
    try (TorchRuntime runtime = device.open(assigned);
        NativeTensor weights =
            StoredWeights.open(tables.conf(), checkpoint)
                .group(runtime, model.layout(), VectorName.AVERAGE);
        PictureSampler sampler =
            new PictureSampler(runtime, tables.conf(), spec, weights, Replays.captured(runtime));
        PngEncoder png = new PngEncoder()) {
      TablePartWriter<SampleRow> rows = tables.open(output, RowFormats.SAMPLES);
      for (long first = range.from(); first < range.to(); first += spec.batch()) {
        TorchTask.checkInterrupt();
        int[] labels = labels(first);
        List<byte[]> pictures = sampler.draw(seed, first, labels);
        for (int i = 0; i < pictures.size() && first + i < range.to(); i++) {
          rows.write(row(first + i, labels[i], pictures.get(i), png));
        }
      }
      return rows.finish();
    }
  }

  private int[] labels(long first) {
    int[] labels = new int[spec.batch()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = label >= 0 ? label : (int) ((first + i) % Math.max(1, spec.classes()));
    }
    return labels;
  }

  private SampleRow row(long id, int label, byte[] planar, PngEncoder png) {
    RgbImage image = RgbImage.fromPlanar(size, size, ByteBuffer.wrap(planar));
    Integer shown = spec.recipe().classConditional() ? label : null;
    return new SampleRow(
        id,
        png.encode(image),
        String.format(Locale.ROOT, "sample-%06d.png", id),
        size,
        size,
        shown,
        seed);
  }
}
