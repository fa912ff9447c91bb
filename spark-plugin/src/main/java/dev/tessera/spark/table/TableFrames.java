package dev.tessera.spark.table;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.TableFile;
import dev.tessera.datasets.table.TableManifest;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Tables as DataFrames. */
public final class TableFrames {

  private TableFrames() {}

  /**
   * The rows of a table, all splits: exactly the files that its manifest names.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if there is no complete table
   */
  public static Dataset<Row> read(SparkSession spark, String table) {
    return read(spark, table, manifest(spark, table).files());
  }

  /** The quarantine beside a table: path and reason; no rows if nothing was quarantined. */
  public static Dataset<Row> quarantine(SparkSession spark, String table) {
    List<TableFile> files = manifest(spark, table).quarantine();
    return files.isEmpty()
        ? spark.sql("SELECT '' AS path, '' AS reason WHERE false")
        : read(spark, table, files);
  }

  private static Dataset<Row> read(SparkSession spark, String table, List<TableFile> files) {
    return spark
        .read()
        .parquet(
            files.stream().map(f -> new Path(table, f.path()).toString()).toArray(String[]::new));
  }

  private static TableManifest manifest(SparkSession spark, String table) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    return ManifestFile.read(conf, table);
  }
}
