package dev.tessera.datasets.table;

/**
 * One Parquet file of a table.
 *
 * @param path relative to the table's folder
 * @param split what its rows are for
 * @param rows in the file
 * @param bytes of the file
 * @param sha256 of the file, hexadecimal
 */
public record TableFile(String path, Subset split, long rows, long bytes, String sha256) {}
