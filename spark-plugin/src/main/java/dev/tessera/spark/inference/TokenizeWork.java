package dev.tessera.spark.inference;

import dev.tessera.datasets.batch.SequentialReader;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.models.graph.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The stages of {@link TokenizeTask} but for the device's. */
final class TokenizeWork implements Pipeline.Work<PictureBatch, PictureWorker> {

  private final TokenizeTask task;
  private final SequentialReader<ImageRow> reader;
  private final List<TokenWriter> writers;
  private final int pictureBytes;
  private long nextRow;

  TokenizeWork(
      TokenizeTask task,
      long firstRow,
      SequentialReader<ImageRow> reader,
      List<TokenWriter> writers) {
    this.task = task;
    this.nextRow = firstRow;
    this.reader = reader;
    this.writers = writers;
    this.pictureBytes = 3 * task.spec().height() * task.spec().width();
  }

  @Override
  public PictureBatch batch() {
    Shape latent = task.spec().model().latentShape();
    return new PictureBatch(
        task.batch(),
        pictureBytes,
        Math.toIntExact(latent.dim(1) * latent.dim(2)),
        task.latents() == null ? 0 : Math.toIntExact(latent.size() * Float.BYTES));
  }

  @Override
  public int read(PictureBatch batch) {
    batch.begin(task.measures(nextRow));
    while (batch.rows().size() < task.batch()) {
      ImageRow row = reader.next(Map.of());
      if (row == null) {
        break;
      }
      batch.rows().add(row);
    }
    nextRow += batch.rows().size();
    return batch.rows().size();
  }

  @Override
  public PictureWorker worker() {
    return new PictureWorker(
        reader.decoder(),
        TokenizeReport.Measures.of(task.spec().height(), task.spec().recipe().codes().count()),
        pictureBytes);
  }

  @Override
  public void decode(PictureBatch batch, int row, PictureWorker worker) {
    worker.decode(batch, row);
  }

  @Override
  public void measure(PictureBatch batch, int row, PictureWorker worker) {
    worker.measure(batch, row);
    batch.make(row);
  }

  @Override
  public void write(PictureBatch batch, int writer) throws IOException {
    writers.get(writer).write(batch);
  }

  /** The parts of both tables and all measures, once every batch has been written. */
  TokenizeReport finish(Pipeline<PictureBatch, PictureWorker> pipeline, StageTimes times)
      throws IOException {
    TokenizeReport.Measures all =
        TokenizeReport.Measures.of(task.spec().height(), task.spec().recipe().codes().count());
    pipeline.workers().forEach(worker -> all.merge(worker.measures()));
    List<TablePart> codes = new ArrayList<>();
    List<TablePart> latents = new ArrayList<>();
    for (TokenWriter writer : writers) {
      codes.add(writer.codes().finish());
      if (task.latents() != null) {
        latents.add(writer.latents().finish());
      }
    }
    return new TokenizeReport(codes, latents, all, times);
  }
}
