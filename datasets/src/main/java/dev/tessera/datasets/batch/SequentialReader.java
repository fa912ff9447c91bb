package dev.tessera.datasets.batch;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.RowFormat;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads rows [from, to) of a table in manifest order, straight from Parquet and without a cache:
 * what inference over a slice needs. Not for several threads.
 *
 * @param <R> the row's record
 */
public final class SequentialReader<R> implements Closeable {

  private final String table;
  private final TableManifest manifest;
  private final RowBytes<R> bytes;
  private final TableReader<R> rows;

  private SequentialReader(
      String table, TableManifest manifest, RowBytes<R> bytes, TableReader<R> rows) {
    this.table = table;
    this.manifest = manifest;
    this.bytes = bytes;
    this.rows = rows;
  }

  /**
   * @param table folder of a table of images, codes or latents; rows of all splits are numbered
   *     together, those of training first
   */
  public static SequentialReader<?> open(Configuration conf, String table, long from, long to) {
    TableManifest manifest = ManifestFile.read(conf, table);
    return open(conf, table, manifest, RowBytes.of(table, manifest), from, to);
  }

  /** Opens a table of a known kind, whose rows {@link #next} then returns with their columns. */
  @SuppressWarnings("unchecked")
  public static <R> SequentialReader<R> open(
      Configuration conf, String table, RowFormat<R> format, long from, long to) {
    TableManifest manifest = ManifestFile.read(conf, table).require(format.kind(), table);
    return (SequentialReader<R>)
        open(conf, table, manifest, RowBytes.of(table, manifest), from, to);
  }

  private static <R> SequentialReader<R> open(
      Configuration conf,
      String table,
      TableManifest manifest,
      RowBytes<R> bytes,
      long from,
      long to) {
    return new SequentialReader<>(
        table, manifest, bytes, TableReader.open(conf, table, manifest, bytes.format(), from, to));
  }

  /**
   * Reads the next row and appends its columns to the targets.
   *
   * @return the row, or null at the end, with nothing appended
   */
  public R next(Map<Column, ByteBuffer> targets) {
    R row = rows.next();
    if (row != null) {
      for (Map.Entry<Column, ByteBuffer> target : targets.entrySet()) {
        bytes.put(row, target.getKey(), target.getValue());
      }
    }
    return row;
  }

  /**
   * Puts columns of this table's rows into memory on another thread, while this one reads on:
   * {@link #next} without targets returns rows whose columns are still to be put.
   */
  @SuppressWarnings("unchecked")
  public RowDecoder<R> decoder() {
    return new RowDecoder<>((RowBytes<R>) RowBytes.of(table, manifest));
  }

  @Override
  public void close() throws IOException {
    rows.close();
    bytes.close();
  }
}
