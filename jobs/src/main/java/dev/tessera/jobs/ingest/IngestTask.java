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
    private final TreeMap<String, Reason> reasons = new TreeMap<>();
    private final TreeMap<String, Long> warnings = new TreeMap<>();
    private long read;
    private long unlabelled;

    Rows(TaskTables tables) throws IOException {
      rows = tables.open(output, RowFormats.IMAGES);
      quarantine = tables.open(output, RowFormats.QUARANTINE);
    }

    void add(RawImage raw) throws IOException {
      read++;
      ImageRow row;
      try {
        row = row(raw, fit.apply(pixels(raw)));
      } catch (UnreadableImageException e) {
        refuse(raw, e.getMessage());
        return;
      } catch (RuntimeException | StackOverflowError e) {
        // One picture that a decoder did not expect is not the end of the others.
        refuse(raw, "cannot be decoded: " + e);
        return;
      }
      unlabelled += row.label() == null ? 1 : 0;
      rows.write(row);
    }

    private void refuse(RawImage raw, String reason) throws IOException {
      quarantine.write(new QuarantineRow(raw.path(), reason));
      reasons.merge(reason.split(":", 2)[0], Reason.of(raw.path()), Reason::and);
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
      if (raw.content() instanceof RawImage.OfSpark pixels) {
        return decoder.decode(pixels.image());
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
          raw.split() == null ? side(raw) : raw.split());
    }

    /** Pictures of the same bytes fall on the same side, whatever they are called. */
    private Subset side(RawImage raw) {
      if (raw.group() != null) {
        return Subset.assign(raw.group(), recipe.heldout());
      }
      byte[] content =
          raw.content() instanceof RawImage.Encoded encoded
              ? encoded.bytes()
              : raw.content() instanceof RawImage.OfSpark pixels
                  ? pixels.image().data()
                  : ((RawImage.Decoded) raw.content()).image().pixels();
      return Subset.assign(content, recipe.heldout());
    }

    IngestReport finish() throws IOException {
      return new IngestReport(
          rows.finish(), quarantine.finish(), read, unlabelled, reasons, warnings);
    }

    @Override
    public void close() {
      decoder.close();
      encoder.close();
    }
  }
}
