/**
 * The versioned Parquet tables that stages meet through, their writers, readers and manifests.
 *
 * <p>A table is a folder: {@code data/SPLIT-NNNNN-of-NNNNN.parquet}, {@code quarantine/...} and a
 * {@code _manifest.json} that is written last. Without its manifest a table does not exist.
 */
package dev.tessera.datasets.table;
