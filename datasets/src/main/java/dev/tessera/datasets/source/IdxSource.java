package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.RgbImage;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * IDX files, gzipped or not: pictures in {@code *images-idx3-ubyte}, labels beside them in {@code
 * *labels-idx1-ubyte}. Files named {@code t10k-*} or {@code test-*} are held out if there are
 * others.
 *
 * @param files of which those named so count
 * @param splits whether names tell what is held out
 */
public record IdxSource(InputFiles files, boolean splits) implements ImageSource {

  /** {@code images-idx3} in the database's own names, {@code images.idx3} in copies of it. */
  private static final Pattern IMAGES = Pattern.compile("images([-.])idx3");

  @Override
  public String name() {
    return "idx";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    int classes = 0;
    for (SourceFiles.Found file : Kind.IDX.among(files.list(conf, log), log)) {
      if (file.lowerName().matches(".*labels[-.]idx1.*")) {
        continue;
      }
      IdxHeader header = IdxHeader.check(conf, file.path(), 3, 4);
      classes = Math.max(classes, classes(conf, file.path(), header.count(), log));
      segments.add(Segment.of(file.path().toString(), file.relative(), id, header.count()));
      id += header.count();
    }
    if (segments.isEmpty()) {
      throw SourceFiles.empty(files.spec(), "IDX pictures");
    }
    return new Listing(
        files.divide(segments, splits, log),
        IntStream.range(0, classes).mapToObj(String::valueOf).toList(),
        this);
  }

  /** Number of classes, 0 without labels. */
  private static int classes(Configuration conf, Path images, int count, ListingLog log)
      throws IOException {
    Path labels = labels(images);
    if (labels == null || !SourceFiles.fileSystem(conf, labels).exists(labels)) {
      log.note(
          "classes: none for "
              + images.getName()
              + (labels == null
                  ? ", whose name says of no file with labels"
                  : ", for " + labels.getName() + " is not beside it"));
      return 0;
    }
    int labelled = IdxHeader.check(conf, labels, 1).count();
    if (labelled != count) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s has %d labels for the %d pictures of %s: fetch both again",
              labels,
              labelled,
              count,
              images.getName()));
    }
    int max = 0;
    for (byte label : readLabels(conf, labels)) {
      max = Math.max(max, label & 0xff);
    }
    return max + 1;
  }

  private static byte[] readLabels(Configuration conf, Path labels) throws IOException {
    try (DataInputStream in = IdxHeader.open(conf, labels)) {
      byte[] values = new byte[IdxHeader.read(labels, in, 1).count()];
      in.readFully(values);
      return values;
    }
  }

  private static Path labels(Path images) {
    Matcher matcher = IMAGES.matcher(images.getName());
    return matcher.find()
        ? new Path(images.getParent(), matcher.replaceFirst("labels$1idx1"))
        : null;
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(split, segment -> new Items(conf, segment));
  }

  private static final class Items implements RawImages {

    private final Segment segment;
    private final DataInputStream in;
    private final IdxHeader header;
    private final byte[] labels;
    private long next;

    Items(Configuration conf, Segment segment) throws IOException {
      this.segment = segment;
      this.next = segment.from();
      Path path = new Path(segment.path());
      Path labelled = labels(path);
      boolean known = labelled != null && SourceFiles.fileSystem(conf, labelled).exists(labelled);
      this.labels = known ? readLabels(conf, labelled) : null;
      this.in = IdxHeader.open(conf, path);
      try {
        this.header = IdxHeader.read(path, in, 3, 4);
        in.skipNBytes(next * header.itemBytes());
      } catch (IOException | RuntimeException e) {
        in.close();
        throw e;
      }
    }

    @Override
    public RawImage next() throws IOException {
      if (next >= segment.to()) {
        return null;
      }
      byte[] item = new byte[header.itemBytes()];
      in.readFully(item);
      String path = segment.name() + "#" + next;
      Integer label = labels == null ? null : (Integer) (labels[(int) next] & 0xff);
      long id = segment.id() + next++ - segment.from();
      return new RawImage(
          id, path, null, label, null, segment.split(), new RawImage.Decoded(rgb(item)));
    }

    private RgbImage rgb(byte[] item) {
      int rows = header.dimensions()[1];
      int columns = header.dimensions()[2];
      if (header.dimensions().length == 4) {
        return new RgbImage(columns, rows, item);
      }
      RgbImage image = RgbImage.blank(columns, rows);
      for (int i = 0; i < item.length; i++) {
        Arrays.fill(image.pixels(), i * 3, i * 3 + 3, item[i]);
      }
      return image;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
