package dev.tessera.spark.inference;

import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.batch.RowDecoder;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.Subset;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What one of the threads that decode and measure pictures keeps. */
final class PictureWorker implements Closeable {

  private final RowDecoder<ImageRow> decoder;
  private final TokenizeReport.Measures measures;
  private final float[] original;
  private final float[] reconstruction;

  PictureWorker(RowDecoder<ImageRow> decoder, TokenizeReport.Measures measures, int pictureBytes) {
    this.decoder = decoder;
    this.measures = measures;
    this.original = new float[pictureBytes];
    this.reconstruction = new float[pictureBytes];
  }

  /** Of the rows that this thread has seen. */
  TokenizeReport.Measures measures() {
    return measures;
  }

  void decode(PictureBatch batch, int i) {
    decoder.put(
        batch.rows().get(i),
        Column.PIXELS,
        ByteBuffer.wrap(batch.originals(), batch.picture(i), batch.pictureBytes()));
  }

  void measure(PictureBatch batch, int i) {
    boolean heldout = batch.rows().get(i).split() == Subset.HELDOUT;
    measures.usage().accumulate(batch.codes(i));
    if (!heldout && batch.hasLatents()) {
      byte[] latent = batch.latent(i);
      float[] z = new float[latent.length / Float.BYTES];
      ByteBuffer.wrap(latent).order(ByteOrder.nativeOrder()).asFloatBuffer().get(z);
      measures.latents().accumulate(z, z.length);
    }
    if (batch.reconstructed()) {
      Bytes.floats(batch.originals(), batch.picture(i), original);
      Bytes.floats(batch.reconstructions(), batch.picture(i), reconstruction);
      measures.all().accumulate(original, reconstruction);
      measures.ssim().accumulate(original, reconstruction);
      if (heldout) {
        measures.heldout().accumulate(original, reconstruction);
      }
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}
