package dev.tessera.datasets.table;

/**
 * A row of a sample table: one generated picture.
 *
 * @param id number of the sample, 0 to count - 1
 * @param bytes the picture as PNG
 * @param path a name for the picture, such as {@code sample-000012.png}
 * @param width in pixels
 * @param height in pixels
 * @param label the class asked for, or null
 * @param seed the seed it was drawn from
 */
@SuppressWarnings("ArrayRecordComponent") // Rows and pixels are never compared or hashed.
public record SampleRow(
    long id, byte[] bytes, String path, int width, int height, Integer label, long seed) {}
