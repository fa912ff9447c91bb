package dev.tessera.datasets.source;

import dev.tessera.datasets.image.SparkImage;
import dev.tessera.datasets.table.ParquetScan;
import dev.tessera.datasets.table.Subset;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.BlockMetaData;

/**
 * Rows of one Parquet file. Damage ends the row group that it lies in: the rows from there to the
 * group's end are unreadable, and reading goes on after them.
 */
final class ParquetRows implements RawImages {

  private static final int BUFFER = 1 << 20;

  private final Configuration conf;
  private final Segment segment;
  private final Path path;
  private final ParquetFooter footer;
  private final ParquetColumns columns;
  private final ParquetSource source;
  private ParquetScan scan;
  private long row;
  private long damagedTo;
  private String damage;

  ParquetRows(Configuration conf, Segment segment, ParquetSource source) throws IOException {
    this.conf = conf;
    this.segment = segment;
    this.path = new Path(segment.path());
    this.footer = ParquetFooter.read(conf, path);
    this.columns = ParquetColumns.of(segment.path(), footer.schema(), source.columns());
    this.source = source;
    this.row = segment.from();
  }

  @Override
  public RawImage next() throws IOException {
    if (row >= segment.to()) {
      return null;
    }
    if (row >= damagedTo) {
      try {
        if (scan == null) {
          scan = new ParquetScan(conf, path, columns.all(), row, segment.to());
        }
        Group group = scan.next();
        if (group != null) {
          return image(group, row++);
        }
        throw new EOFException(path + " has fewer rows than when it was listed");
      } catch (EOFException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        skipGroup(e);
      }
    }
    String name = segment.name() + "#" + row;
    RawImage.Content content = new RawImage.Unreadable("damaged Parquet rows: " + damage);
    return RawImage.of(segment, segment.id() + row++ - segment.from(), name, null, content);
  }

  private void skipGroup(Exception failure) throws IOException {
    close();
    scan = null;
    long end = 0;
    for (BlockMetaData group : footer.groups()) {
      end += group.getRowCount();
      if (end > row) {
        checkReachable(group, failure);
        break;
      }
    }
    damagedTo = Math.min(end, segment.to());
    damage = String.valueOf(failure.getMessage()).lines().findFirst().orElse("no reason given");
  }

  /** Damage is in the bytes: where these cannot even be read, the failure is the file system's. */
  private void checkReachable(BlockMetaData group, Exception failure) throws IOException {
    byte[] buffer = new byte[BUFFER];
    try (FSDataInputStream in = SourceFiles.fileSystem(conf, path).open(path)) {
      long at = group.getStartingPos();
      for (long end = at + group.getCompressedSize(); at < end; at += BUFFER) {
        in.readFully(at, buffer, 0, (int) Math.min(BUFFER, end - at));
      }
    } catch (EOFException e) {
      // Shorter than its own footer says: damage.
      failure.addSuppressed(e);
    }
  }

  private RawImage image(Group group, long number) {
    Group struct = null;
    RawImage.Content content = null;
    if (has(group, columns.image())) {
      if (group.getType().getType(columns.image()).isPrimitive()) {
        byte[] bytes = group.getBinary(columns.image(), 0).getBytes();
        content = new RawImage.Encoded(bytes, null);
      } else {
        struct = group.getGroup(columns.image(), 0);
        content = content(struct);
      }
    }
    String own = null;
    if (struct == null) {
      own = text(group, columns.path());
    } else {
      own = text(struct, ParquetColumns.isSparkImage(struct.getType()) ? "origin" : "path");
    }
    String path = own == null || own.isEmpty() ? segment.name() + "#" + number : own;
    return new RawImage(
        segment.id() + number - segment.from(),
        path,
        ParquetLabels.value(group, columns.group()),
        source
            .labels()
            .number(
                segment.path(),
                columns.label() == null
                    ? source.hiveLabel(segment)
                    : ParquetLabels.value(group, columns.label())),
        text(group, columns.caption()),
        split(group),
        content == null ? new RawImage.Unreadable("the row has no picture") : content);
  }

  /** What a struct holds, or null. */
  private static RawImage.Content content(Group struct) {
    if (!ParquetColumns.isSparkImage(struct.getType())) {
      return has(struct, "bytes")
          ? new RawImage.Encoded(struct.getBinary("bytes", 0).getBytes(), null)
          : null;
    }
    for (String field : List.of("width", "height", "nChannels", "mode", "data")) {
      if (!has(struct, field)) {
        return null;
      }
    }
    return new RawImage.OfSpark(
        new SparkImage(
            struct.getInteger("width", 0),
            struct.getInteger("height", 0),
            struct.getInteger("nChannels", 0),
            struct.getInteger("mode", 0),
            struct.getBinary("data", 0).getBytes()));
  }

  private Subset split(Group group) {
    boolean said = source.splits() && !source.files().saysHeldout();
    String side = said ? text(group, columns.split()) : null;
    return side == null ? segment.split() : SplitNames.ofName(side).orElse(segment.split());
  }

  private static boolean has(Group group, String field) {
    return group.getType().containsField(field) && group.getFieldRepetitionCount(field) > 0;
  }

  private static String text(Group group, String field) {
    boolean readable =
        field != null && has(group, field) && ParquetColumns.isText(group.getType().getType(field));
    return readable ? group.getString(field, 0) : null;
  }

  @Override
  public void close() throws IOException {
    if (scan != null) {
      scan.close();
    }
  }
}
