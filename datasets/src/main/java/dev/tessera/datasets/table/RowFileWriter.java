package dev.tessera.datasets.table;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.RecordConsumer;

/** Opens Parquet writers of a row format, with our footer. */
final class RowFileWriter {

  /** Schema version of every file we write. */
  static final String VERSION_KEY = "tessera.schema.version";

  static final String KIND_KEY = "tessera.kind";

  private static final long ROW_GROUP_BYTES = 64L << 20;

  private RowFileWriter() {}

  static <R> ParquetWriter<R> open(
      OutputFile file, RowFormat<R> format, Map<String, String> footer, Configuration conf)
      throws IOException {
    return new Builder<>(file, format, footer)
        .withConf(new HadoopParquetConfiguration(conf))
        .withCompressionCodec(format.codec())
        .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
        .withRowGroupSize(ROW_GROUP_BYTES)
        .withDictionaryEncoding(true)
        .build();
  }

  private static final class Builder<R> extends ParquetWriter.Builder<R, Builder<R>> {

    private final RowFormat<R> format;
    private final Map<String, String> footer;

    Builder(OutputFile file, RowFormat<R> format, Map<String, String> footer) {
      super(file);
      this.format = format;
      this.footer = footer;
      // Pictures and latents never repeat, and nobody looks for one between two others: a
      // dictionary and bounds of them would only take time and memory.
      if (format.schema().containsField("image")) {
        asTheyAre("image.bytes");
      }
      if (format.schema().containsField("latent")) {
        asTheyAre("latent");
      }
    }

    private void asTheyAre(String column) {
      withDictionaryEncoding(column, false);
      withStatisticsEnabled(column, false);
    }

    @Override
    protected Builder<R> self() {
      return this;
    }

    @Override
    @Deprecated
    protected WriteSupport<R> getWriteSupport(Configuration conf) {
      return new RowWriteSupport<>(format, footer);
    }

    @Override
    protected WriteSupport<R> getWriteSupport(ParquetConfiguration conf) {
      return new RowWriteSupport<>(format, footer);
    }
  }

  private static final class RowWriteSupport<R> extends WriteSupport<R> {

    private final RowFormat<R> format;
    private final Map<String, String> footer;
    private RecordConsumer consumer;
    private FieldWriter fields;

    RowWriteSupport(RowFormat<R> format, Map<String, String> footer) {
      this.format = format;
      this.footer = footer;
    }

    @Override
    @Deprecated
    public WriteContext init(Configuration conf) {
      return context();
    }

    @Override
    public WriteContext init(ParquetConfiguration conf) {
      return context();
    }

    private WriteContext context() {
      Map<String, String> all = new HashMap<>(footer);
      all.put(VERSION_KEY, Integer.toString(TableManifest.VERSION));
      all.put(KIND_KEY, format.kind().label());
      all.put("huggingface", Features.json(format.features()));
      return new WriteContext(format.schema(), all);
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
      consumer = recordConsumer;
      fields = new FieldWriter(consumer, format.schema());
    }

    @Override
    public void write(R row) {
      consumer.startMessage();
      format.write(row, fields);
      consumer.endMessage();
    }
  }
}
