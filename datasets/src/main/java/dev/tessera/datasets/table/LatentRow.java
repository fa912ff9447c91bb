package dev.tessera.datasets.table;

/**
 * A row of a latent table: one picture as a tensor.
 *
 * @param id the picture's id in the image table
 * @param latent little-endian values, shape and dtype as in the manifest's {@link LatentInfo}
 * @param label class number, or null
 * @param caption description, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Rows and pixels are never compared or hashed.
public record LatentRow(long id, byte[] latent, Integer label, String caption, Subset split) {}
