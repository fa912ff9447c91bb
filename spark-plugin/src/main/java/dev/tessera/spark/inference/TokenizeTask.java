package dev.tessera.spark.inference;

import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.batch.SequentialReader;
import dev.tessera.datasets.table.CodeRow;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.LatentRow;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePartWriter;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Encodes a range of an image table's rows. Row r always stands at place r mod batch of batch r /
 * batch, so that codes do not depend on how rows are divided among tasks.
 */
public record TokenizeTask(
    TokenizerSpec spec, String images, TableOutput codes, TableOutput latents, int batch)
    implements TorchTask<RowRange, TokenizeReport> {

  @Override
  public TokenizeReport compute(RowRange range, TaskTables tables, int cores)
      throws IOException, InterruptedException {
    Libtorch.useThreads(cores);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Tokenizer tokenizer = Tokenizer.load(runtime, tables.conf(), spec, batch);
        SequentialReader<ImageRow> reader =
            SequentialReader.open(
                tables.conf(), images, RowFormats.IMAGES, range.from(), range.to())) {
      Writer writer =
          new Writer(
              tokenizer,
              tables.open(codes, RowFormats.CODES),
              tables.open(latents, RowFormats.LATENTS));
      List<ImageRow> rows = writer.read(reader);
      while (!rows.isEmpty()) {
        TorchTask.checkInterrupt();
        writer.encode(rows);
        rows = writer.read(reader);
      }
      return writer.finish();
    }
  }

  private final class Writer {

    private final Tokenizer tokenizer;
    private final TablePartWriter<CodeRow> codeRows;
    private final TablePartWriter<LatentRow> latentRows;
    private final TokenizeReport.Measures measures =
        TokenizeReport.Measures.of(spec.height(), spec.recipe().codes().count());
    private final byte[] original = new byte[3 * spec.height() * spec.width()];
    private final byte[] reconstruction = new byte[original.length];
    private final float[] a = new float[original.length];
    private final float[] b = new float[original.length];
    private long written;
    private double encoderSeconds;

    Writer(
        Tokenizer tokenizer,
        TablePartWriter<CodeRow> codeRows,
        TablePartWriter<LatentRow> latentRows) {
      this.tokenizer = tokenizer;
      this.codeRows = codeRows;
      this.latentRows = latentRows;
    }

    /** Fills the tokenizer's batch; the places of a last, short batch keep what they held. */
    List<ImageRow> read(SequentialReader<ImageRow> reader) throws IOException {
      ByteBuffer target = tokenizer.images();
      List<ImageRow> rows = new ArrayList<>(batch);
      while (rows.size() < batch) {
        ImageRow row = reader.next(Map.of(Column.PIXELS, target));
        if (row == null) {
          break;
        }
        rows.add(row);
      }
      return rows;
    }

    void encode(List<ImageRow> rows) {
      long start = System.nanoTime();
      tokenizer.encode(
          results -> {
            encoderSeconds += (System.nanoTime() - start) / 1e9;
            write(results, rows);
          });
    }

    private void write(Results results, List<ImageRow> rows) {
      int length = Math.toIntExact(results.get(0).size() / batch);
      int width = Math.toIntExact(results.get(1).size() / batch);
      int[] all = Bytes.codes(results.get(0), rows.size() * length);
      ByteBuffer latentMemory = results.get(1).memory();
      ByteBuffer originals = tokenizer.images();
      ByteBuffer pictures = results.get(2).memory();
      for (int i = 0; i < rows.size(); i++) {
        int[] one = Arrays.copyOfRange(all, i * length, (i + 1) * length);
        byte[] latent = new byte[width * Float.BYTES];
        latentMemory.get(latent);
        originals.get(original);
        pictures.get(reconstruction);
        add(rows.get(i), one, latent);
      }
    }

    private void add(ImageRow row, int[] one, byte[] latent) {
      measures.usage().accumulate(one);
      Bytes.floats(original, a);
      Bytes.floats(reconstruction, b);
      measures.all().accumulate(a, b);
      measures.ssim().accumulate(a, b);
      if (row.split() == Subset.HELDOUT) {
        measures.heldout().accumulate(a, b);
      } else {
        float[] z = new float[latent.length / Float.BYTES];
        ByteBuffer.wrap(latent).order(ByteOrder.nativeOrder()).asFloatBuffer().get(z);
        measures.latents().accumulate(z, z.length);
      }
      try {
        codeRows.write(new CodeRow(row.id(), one, row.label(), row.caption(), row.split()));
        latentRows.write(new LatentRow(row.id(), latent, row.label(), row.caption(), row.split()));
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      written++;
    }

    TokenizeReport finish() throws IOException {
      return new TokenizeReport(
          codeRows.finish(), latentRows.finish(), written, measures, encoderSeconds);
    }
  }
}
