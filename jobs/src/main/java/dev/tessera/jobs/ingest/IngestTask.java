package dev.tessera.jobs.ingest;

import dev.tessera.datasets.image.DecodedImage;
import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.PngEncoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.SquareFit;
import dev.tessera.datasets.image.UnreadableImageException;
import dev.tessera.datasets.source.ImageSource;
import dev.tessera.datasets.source.RawImage;
import dev.tessera.datasets.source.RawImages;
import dev.tessera.datasets.source.Split;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.QuarantineRow;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePartWriter;
import dev.tessera.spark.table.TableTask;
import dev.tessera.spark.table.TaskTables;
import java.io.IOException;
import java.util.TreeMap;

/** Turns the pictures of one split into rows; a picture that cannot be one goes to quarantine. */
record IngestTask(ImageSource source, IngestRecipe recipe, TableOutput output)
    implements TableTask<Split, IngestReport> {

  @Override
  public IngestReport run(Split split, TaskTables tables) throws IOException {
    try (RawImages images = source.open(tables.conf(), split);
        Rows rows = new Rows(tables)) {
      for (RawImage image = images.next(); image != null; image = images.next()) {
        rows.add(image);
      }
      return rows.finish();
    }
  }

  private final class Rows implements AutoCloseable {

    private final ImageDecoder decoder = new ImageDecoder(recipe.decoder());
    private final SquareFit fit =
        new SquareFit(recipe.size(), recipe.crop(), recipe.paddingColour(), recipe.filter());
    private final PngEncoder encoder = new PngEncoder();
    private final TablePartWriter<ImageRow> rows;
    private final TablePartWriter<QuarantineRow> quarantine;
    private final TreeMap<String, Long> reasons = new TreeMap<>();
    private final TreeMap<String, Long> warnings = new TreeMap<>();
    private long read;
    private int maxLabel = -1;

    Rows(TaskTables tables) throws IOException {
      rows = tables.open(output, RowFormats.IMAGES);
      quarantine = tables.open(output, RowFormats.QUARANTINE);
    }

    void add(RawImage raw) throws IOException {
      read++;
      try {
        rows.write(row(raw, fit.apply(pixels(raw))));
        maxLabel = Math.max(maxLabel, raw.label() == null ? -1 : raw.label());
      } catch (UnreadableImageException e) {
        quarantine.write(new QuarantineRow(raw.path(), e.getMessage()));
        reasons.merge(e.getMessage().split(":", 2)[0], 1L, Long::sum);
      }
    }

    private RgbImage pixels(RawImage raw) throws UnreadableImageException {
      if (raw.content() instanceof RawImage.Encoded encoded) {
        DecodedImage decoded = decoder.decode(encoded.bytes(), encoded.fileName());
        decoded.warnings().forEach(warning -> warnings.merge(warning, 1L, Long::sum));
        return decoded.image();
      }
      if (raw.content() instanceof RawImage.Unreadable unreadable) {
        throw new UnreadableImageException(unreadable.reason());
      }
      return ((RawImage.Decoded) raw.content()).image();
    }

    private ImageRow row(RawImage raw, RgbImage image) {
      return new ImageRow(
          raw.id(),
          encoder.encode(image),
          raw.path(),
          image.width(),
          image.height(),
          raw.label(),
          raw.caption(),
          source.name(),
          raw.split() == null ? Subset.assign(raw.group(), recipe.heldout()) : raw.split());
    }

    IngestReport finish() throws IOException {
      return new IngestReport(
          rows.finish(), quarantine.finish(), read, maxLabel, reasons, warnings);
    }

    @Override
    public void close() {
      decoder.close();
      encoder.close();
    }
  }
}
