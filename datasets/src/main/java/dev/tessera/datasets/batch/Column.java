package dev.tessera.datasets.batch;

/** Columns that batches are made of. Every row of a column takes the same number of bytes. */
public enum Column {
  /** uint8 [3, size, size], red, green and blue planes; of image tables. */
  PIXELS,
  /** The tensor as its manifest describes it, little-endian; of latent tables. */
  LATENT,
  /** int32 [rows * columns], little-endian; of code tables. */
  CODES,
  /** int32, little-endian, -1 where there is none; of all tables. */
  LABEL,
  /** int64, little-endian: the row's id; of all tables. */
  ID
}
