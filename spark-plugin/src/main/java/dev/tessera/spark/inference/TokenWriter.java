package dev.tessera.spark.inference;

import dev.tessera.datasets.table.CodeRow;
import dev.tessera.datasets.table.LatentRow;
import dev.tessera.datasets.table.TablePartWriter;
import java.io.IOException;

/**
 * The parts of both tables that one thread writes: rows stand in both in the same order.
 *
 * @param latents null for codes alone
 */
record TokenWriter(TablePartWriter<CodeRow> codes, TablePartWriter<LatentRow> latents) {

  void write(PictureBatch batch) throws IOException {
    for (int i = 0; i < batch.rows().size(); i++) {
      PictureBatch.Tokens made = batch.take(i);
      try {
        codes.write(made.codes());
        if (latents != null) {
          latents.write(made.latent());
        }
      } catch (IOException e) {
        throw new IOException(
            "Cannot write "
                + (latents == null ? "codes" : "codes and latents")
                + " of the row with id "
                + batch.rows().get(i).id()
                + ": "
                + e.getMessage(),
            e);
      }
    }
  }
}
