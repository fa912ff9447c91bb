package dev.tessera.datasets.table;

/**
 * A row of a code table: one picture as codebook indices, row by row of the grid.
 *
 * @param id the picture's id in the image table
 * @param codes int32 [rows * columns], each 0 to codebook size - 1
 * @param label class number, or null
 * @param caption description, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Rows and pixels are never compared or hashed.
public record CodeRow(long id, int[] codes, Integer label, String caption, Subset split) {}
