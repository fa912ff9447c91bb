package dev.tessera.datasets.table;

/**
 * A row of an image table.
 *
 * @param id number of the picture in its source, unique in the table
 * @param bytes the picture as PNG or JPEG
 * @param path where it came from
 * @param width in pixels
 * @param height in pixels
 * @param label class number, or null
 * @param caption description, or null
 * @param source name of the source it was read by
 */
@SuppressWarnings("ArrayRecordComponent") // Rows and pixels are never compared or hashed.
public record ImageRow(
    long id,
    byte[] bytes,
    String path,
    int width,
    int height,
    Integer label,
    String caption,
    String source,
    Subset split) {}
