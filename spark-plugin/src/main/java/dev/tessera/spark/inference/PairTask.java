package dev.tessera.spark.inference;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.evaluation.Psnr;
import dev.tessera.models.evaluation.Ssim;
import dev.tessera.spark.table.TableTask;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * Compares a range of rows of two tables picture by picture.
 *
 * @param reference as many rows and as large pictures as {@code table}
 */
public record PairTask(PictureTable table, PictureTable reference)
    implements TableTask<RowRange, PairTask.Pairs> {

  /** Mergeable measures of pairs; values are 0 to 255. */
  public record Pairs(Psnr psnr, Ssim ssim) implements Serializable {

    /** Of no pairs yet, of pictures of side {@code size}. */
    public static Pairs of(int size) {
      return new Pairs(new Psnr(3 * size * size, 255), new Ssim(3, size, size, 255));
    }

    /** Adds another part's. */
    public void merge(Pairs other) {
      psnr.merge(other.psnr);
      ssim.merge(other.ssim);
    }
  }

  @Override
  public Pairs run(RowRange range, TaskTables tables) throws IOException {
    Pairs pairs = Pairs.of(table.size());
    try (PictureTable.Rows rows = table.open(tables.conf(), range);
        PictureTable.Rows references = reference.open(tables.conf(), range);
        PairDecoder decoder = new PairDecoder()) {
      for (long row = range.from(); row < range.to(); row++) {
        PictureTable.Picture one = rows.next().get();
        PictureTable.Picture other = references.next().get();
        if (one.id() != other.id()) {
          throw new InvalidDatasetException(
              table.path()
                  + " has the picture with id "
                  + one.id()
                  + " in row "
                  + row
                  + " and "
                  + reference.path()
                  + " that with id "
                  + other.id()
                  + " (expected: tables of the same pictures in the same order)");
        }
        decoder.add(one, other, pairs);
      }
    }
    return pairs;
  }

  private final class PairDecoder implements AutoCloseable {
    private final PictureDecoder pictures = new PictureDecoder(table);
    private final PictureDecoder references = new PictureDecoder(reference);

    void add(PictureTable.Picture one, PictureTable.Picture other, Pairs pairs) {
      float[] picture = pixels(pictures, one);
      float[] reference = pixels(references, other);
      pairs.psnr.accumulate(reference, picture);
      pairs.ssim.accumulate(reference, picture);
    }

    private static float[] pixels(PictureDecoder decoder, PictureTable.Picture row) {
      byte[] planar = new byte[decoder.pictureBytes()];
      decoder.decode(row).putPlanar(ByteBuffer.wrap(planar));
      return Bytes.floats(planar);
    }

    @Override
    public void close() {
      pictures.close();
      references.close();
    }
  }
}
