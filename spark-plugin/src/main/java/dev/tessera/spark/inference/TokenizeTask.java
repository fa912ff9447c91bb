package dev.tessera.spark.inference;

import dev.tessera.datasets.batch.SequentialReader;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Encodes a range of an image table's rows. Row r always stands at place r mod batch of batch r /
 * batch, so that codes do not depend on how rows are divided among tasks. Rows are read, decoded,
 * measured and written by threads of a {@link Pipeline} while the device encodes.
 *
 * @param latents null for codes alone
 * @param batch pictures encoded at a time, always that many
 * @param precision of the encoder
 * @param measured one batch in so many is decoded again and compared with its pictures
 * @param writers threads that write, each into parts of its own, one batch after another in turn
 */
public record TokenizeTask(
    TokenizerSpec spec,
    String images,
    TableOutput codes,
    TableOutput latents,
    int batch,
    InferenceDevice device,
    InferencePrecision precision,
    int measured,
    int writers)
    implements TorchTask<RowRange, TokenizeReport> {

  /**
   * Batches a task holds on the CPU: one is encoded while the one before is measured and written,
   * and the one after read and decoded.
   */
  private static final int BATCHES_OF_CPU = 3;

  /** On a GPU two are at the device, and many threads need more than one to decode and measure. */
  private static final int BATCHES_OF_GPU = 8;

  @Override
  public TokenizeReport compute(RowRange range, TaskTables tables, DeviceAssignment assigned)
      throws IOException, InterruptedException {
    Libtorch.useThreads(assigned.cores());
    try (TorchRuntime runtime = device.open(assigned);
        Tokenizer tokenizer = Tokenizer.load(runtime, tables.conf(), spec, batch, precision);
        SequentialReader<ImageRow> reader =
            SequentialReader.open(
                tables.conf(), images, RowFormats.IMAGES, range.from(), range.to())) {
      TokenizeWork work = new TokenizeWork(this, range.from(), reader, open(tables));
      int batches = runtime.onGpu() ? BATCHES_OF_GPU : BATCHES_OF_CPU;
      try (Pipeline<PictureBatch, PictureWorker> pipeline =
          Pipeline.start(work, assigned.cores(), writers, batches)) {
        encode(tokenizer, pipeline);
        return work.finish(pipeline, pipeline.finish());
      }
    }
  }

  private List<TokenWriter> open(TaskTables tables) throws IOException {
    List<TokenWriter> opened = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      opened.add(
          new TokenWriter(
              tables.open(codes, RowFormats.CODES),
              latents == null ? null : tables.open(latents, RowFormats.LATENTS)));
    }
    return opened;
  }

  /** Whether the batch that begins with a row is decoded again; it does not depend on the task. */
  boolean measures(long row) {
    return row / batch % measured == 0;
  }

  private static void encode(Tokenizer tokenizer, Pipeline<PictureBatch, PictureWorker> pipeline)
      throws IOException, InterruptedException {
    Deque<PictureBatch> sent = new ArrayDeque<>();
    while (true) {
      while (!sent.isEmpty() && (sent.size() > tokenizer.ahead() || !pipeline.isReady())) {
        receive(tokenizer, pipeline, sent.poll());
      }
      TorchTask.checkInterrupt();
      PictureBatch batch = pipeline.take();
      if (batch == null) {
        break;
      }
      tokenizer.images().put(batch.originals());
      tokenizer.send(batch.reconstructed());
      sent.add(batch);
    }
    while (!sent.isEmpty()) {
      receive(tokenizer, pipeline, sent.poll());
    }
  }

  private static void receive(
      Tokenizer tokenizer, Pipeline<PictureBatch, PictureWorker> pipeline, PictureBatch batch)
      throws IOException, InterruptedException {
    batch.fill(tokenizer.receive());
    pipeline.give(batch);
  }
}
