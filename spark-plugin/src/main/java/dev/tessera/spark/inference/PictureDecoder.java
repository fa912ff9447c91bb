package dev.tessera.spark.inference;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.UnreadableImageException;

/** Decodes the pictures of a table, on one thread, and holds them to its manifest. */
final class PictureDecoder implements AutoCloseable {

  private final PictureTable table;
  private final ImageDecoder decoder = new ImageDecoder();

  PictureDecoder(PictureTable table) {
    this.table = table;
  }

  /** Bytes of a picture. */
  int pictureBytes() {
    return RgbImage.CHANNELS * table.size() * table.size();
  }

  RgbImage decode(PictureTable.Picture row) {
    RgbImage image;
    try {
      image = decoder.decode(row.bytes());
    } catch (UnreadableImageException e) {
      throw wrong(row, "is not readable (" + e.getMessage() + ")", e);
    }
    if (image.width() != table.size() || image.height() != table.size()) {
      throw wrong(
          row,
          "is "
              + image.width()
              + "x"
              + image.height()
              + " (expected: "
              + table.size()
              + "x"
              + table.size()
              + ")",
          null);
    }
    return image;
  }

  private InvalidDatasetException wrong(PictureTable.Picture row, String what, Exception cause) {
    return new InvalidDatasetException(
        table.path() + ": row with id " + row.id() + " " + what + ": write the table again", cause);
  }

  @Override
  public void close() {
    decoder.close();
  }
}
