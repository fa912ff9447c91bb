package dev.tessera.datasets.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;

/** What the end of a Parquet file says of it. */
record ParquetFooter(Path path, ParquetMetadata metadata) {

  /** Their libraries are on no class path of Spark's. */
  private static final Set<CompressionCodecName> UNREADABLE =
      Set.of(CompressionCodecName.BROTLI, CompressionCodecName.LZO);

  /**
   * @throws InvalidDatasetException if the file is none, or packed as nothing here can unpack
   */
  static ParquetFooter read(Configuration conf, Path path) throws IOException {
    try (ParquetFileReader file = ParquetFileReader.open(HadoopInputFile.fromPath(path, conf))) {
      ParquetFooter footer = new ParquetFooter(path, file.getFooter());
      footer.checkCodecs();
      return footer;
    } catch (InvalidDatasetException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      if (e instanceof IOException io
          && !IoFailure.lasts(io)
          && io.getClass() != IOException.class) {
        throw io;
      }
      throw unreadable(path, e);
    }
  }

  static InvalidDatasetException unreadable(Path path, Exception cause) {
    return new InvalidDatasetException(
        path
            + " is not a readable Parquet file ("
            + cause.getMessage()
            + "): write it again, or leave it out with --exclude",
        cause);
  }

  private void checkCodecs() {
    for (BlockMetaData group : groups()) {
      for (ColumnChunkMetaData column : group.getColumns()) {
        if (UNREADABLE.contains(column.getCodec())) {
          throw new InvalidDatasetException(
              path
                  + " is packed by "
                  + column.getCodec()
                  + ", which Spark cannot unpack: write it with zstd, snappy or gzip");
        }
      }
    }
  }

  List<BlockMetaData> groups() {
    return metadata.getBlocks();
  }

  long rows() {
    return groups().stream().mapToLong(BlockMetaData::getRowCount).sum();
  }

  MessageType schema() {
    return metadata.getFileMetaData().getSchema();
  }

  /** The names of a column's numbers, as the {@code datasets} library notes them; or empty. */
  List<String> classNames(String column) {
    String json = metadata.getFileMetaData().getKeyValueMetaData().get("huggingface");
    if (json == null) {
      return List.of();
    }
    try {
      JsonNode feature =
          new ObjectMapper().readTree(json).path("info").path("features").path(column);
      List<String> names = new ArrayList<>();
      // A list, or in older files an object of numbers.
      feature.path("names").forEach(name -> names.add(name.asText()));
      return feature.path("_type").asText().equals("ClassLabel") ? names : List.of();
    } catch (JsonProcessingException e) {
      return List.of();
    }
  }

  /** The highest of whole numbers, if all are noted and none is below -1. */
  OptionalLong highest(String column) {
    long highest = -1;
    for (BlockMetaData group : groups()) {
      for (ColumnChunkMetaData chunk : group.getColumns()) {
        if (chunk.getPath().toDotString().equals(column)) {
          Statistics<?> statistics = chunk.getStatistics();
          if (statistics == null || (!statistics.hasNonNullValue() && group.getRowCount() > 0)) {
            return OptionalLong.empty();
          }
          if (((Number) statistics.genericGetMin()).longValue() < -1) {
            return OptionalLong.empty();
          }
          highest = Math.max(highest, ((Number) statistics.genericGetMax()).longValue());
        }
      }
    }
    return OptionalLong.of(highest);
  }
}
