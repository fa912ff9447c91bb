package dev.tessera.spark.training;

import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.batch.SequentialReader;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.evaluation.CodebookUsage;
import dev.tessera.models.evaluation.Psnr;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.TrainingState;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganFamily;
import dev.tessera.spark.inference.Bytes;
import dev.tessera.spark.inference.InferencePrecision;
import dev.tessera.spark.inference.RowRange;
import dev.tessera.spark.inference.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** Held-out pictures through the tokenizer in training. */
final class ReconstructionPreviewer implements Previewer {

  private static final int BATCH = 32;

  private final Preview.Reconstructions wanted;
  private final String table;
  private final VqganFamily family;
  private final TorchRuntime runtime;
  private final List<byte[]> originals;
  private Tokenizer tokenizer;

  ReconstructionPreviewer(
      Preview.Reconstructions wanted, String table, TorchRuntime runtime, Configuration conf) {
    this.wanted = wanted;
    this.table = table;
    this.family = wanted.family();
    this.runtime = runtime;
    this.originals = heldout(conf);
  }

  /**
   * Planar pixels of rows spread over those held out, or over all where none are: neighbours in a
   * table resemble one another. Rows far apart come first, for those that are drawn.
   */
  private List<byte[]> heldout(Configuration conf) {
    TableManifest manifest = ManifestFile.read(conf, table);
    long all = manifest.rows();
    long from = manifest.rows(Subset.HELDOUT) > 0 ? manifest.rows(Subset.TRAIN) : 0;
    int count = (int) Math.min(wanted.measured(), all - from);
    int parts = Math.min(wanted.pictures(), count);
    List<Iterator<byte[]>> ranges = new ArrayList<>();
    for (RowRange range : RowRange.spread(from, all, count, parts)) {
      ranges.add(rows(conf, range).iterator());
    }
    List<byte[]> rows = new ArrayList<>();
    while (rows.size() < count) {
      ranges.stream().filter(Iterator::hasNext).forEach(range -> rows.add(range.next()));
    }
    return rows;
  }

  private List<byte[]> rows(Configuration conf, RowRange range) {
    ByteBuffer pixels = ByteBuffer.allocate(3 * family.height() * family.width());
    List<byte[]> rows = new ArrayList<>();
    try (SequentialReader<?> reader =
        SequentialReader.open(conf, table, range.from(), range.to())) {
      while (reader.next(Map.of(Column.PIXELS, pixels)) != null) {
        rows.add(pixels.array().clone());
        pixels.clear();
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<TrainingMessage> draw(TrainingState state) {
    if (tokenizer == null) {
      tokenizer =
          Tokenizer.over(
              runtime,
              family.model(),
              BATCH,
              InferencePrecision.FP32,
              state.parameters(Vqgan.GENERATOR),
              state.state(),
              // A CUDA graph would hold its memory between checkpoints.
              Replays.called());
    }
    Psnr psnr = new Psnr(3 * family.height() * family.width(), 255);
    CodebookUsage usage = new CodebookUsage(family.recipe().codes().count());
    List<byte[]> pairs = new ArrayList<>();
    for (int at = 0; at < originals.size(); at += BATCH) {
      List<byte[]> batch = originals.subList(at, Math.min(at + BATCH, originals.size()));
      ByteBuffer target = tokenizer.images();
      batch.forEach(target::put);
      tokenizer.send(true);
      collect(tokenizer.receive(), batch, psnr, usage, pairs);
    }
    Map<String, Double> values =
        Map.of("heldout_psnr", psnr.result(), "heldout_codebook_usage", usage.usage());
    return List.of(
        new TrainingMessage.Evaluated(state.step(), state.images(), values, usage.counts()),
        new TrainingMessage.Drawn(
            TrainingMessage.Drawn.Kind.RECONSTRUCTIONS,
            state.images(),
            family.height(),
            family.width(),
            pairs));
  }

  private void collect(
      Tokenizer.Tokens tokens,
      List<byte[]> batch,
      Psnr psnr,
      CodebookUsage usage,
      List<byte[]> pairs) {
    int codes = tokens.codes().remaining() / Long.BYTES / BATCH;
    usage.accumulate(Bytes.codes(tokens.codes(), batch.size() * codes));
    ByteBuffer pictures = tokens.pictures();
    for (byte[] original : batch) {
      byte[] picture = new byte[original.length];
      pictures.get(picture);
      psnr.accumulate(Bytes.floats(original), Bytes.floats(picture));
      if (pairs.size() < 2 * wanted.pictures()) {
        pairs.add(original);
        pairs.add(picture);
      }
    }
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
