package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009): records of one label byte (two
 * in CIFAR-100: coarse, fine), then 32x32 pixels as planes of red, green, blue. The file's length
 * tells which. Files named {@code test*} are held out if there are others.
 *
 * @param files of which those named {@code .bin} count
 * @param splits whether names tell what is held out
 */
public record CifarSource(InputFiles files, boolean splits) implements ImageSource {

  private static final int SIDE = 32;
  private static final int PIXELS = SIDE * SIDE * RgbImage.CHANNELS;

  @Override
  public String name() {
    return "cifar";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    int labelBytes = 0;
    Path folder = null;
    for (SourceFiles.Found file : Kind.CIFAR.among(files.list(conf, log), log)) {
      folder = file.path().getParent();
      labelBytes = labelBytes(file);
      long count = file.bytes() / (labelBytes + PIXELS);
      segments.add(Segment.of(file.path().toString(), file.relative(), id, count));
      id += count;
    }
    if (segments.isEmpty()) {
      throw SourceFiles.empty(files.spec(), "CIFAR files");
    }
    List<String> names = new ArrayList<>(classNames(conf, folder, labelBytes));
    log.note(
        names.isEmpty()
            ? "classes: numbers, for batches.meta.txt or fine_label_names.txt is missing"
            : "classes: " + Names.of(names) + " from the file of names");
    for (int label = names.size(); label < (labelBytes == 1 ? 10 : 100); label++) {
      names.add(String.valueOf(label));
    }
    return new Listing(files.divide(segments, splits, log), names, this);
  }

  private static int labelBytes(SourceFiles.Found file) {
    for (int labels = 1; labels <= 2; labels++) {
      if (file.bytes() > 0 && file.bytes() % (labels + PIXELS) == 0) {
        return labels;
      }
    }
    throw new InvalidDatasetException(
        String.format(
            Locale.ROOT,
            "%s has %d bytes, which is no whole number of CIFAR records (3073 or 3074): fetch it"
                + " again, or leave it out with --exclude",
            file.path(),
            file.bytes()));
  }

  private static List<String> classNames(Configuration conf, Path folder, int labelBytes)
      throws IOException {
    Path names = new Path(folder, labelBytes == 1 ? "batches.meta.txt" : "fine_label_names.txt");
    FileSystem fs = SourceFiles.fileSystem(conf, names);
    if (!fs.exists(names)) {
      return List.of();
    }
    try (InputStream in = fs.open(names)) {
      return Utf8.text(in.readAllBytes())
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    }
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(split, segment -> new Records(conf, segment));
  }

  private static final class Records implements RawImages {

    private final Segment segment;
    private final FSDataInputStream in;
    private final byte[] entry;
    private final int labelBytes;
    private long next;

    Records(Configuration conf, Segment segment) throws IOException {
      Path path = new Path(segment.path());
      FileSystem fs = SourceFiles.fileSystem(conf, path);
      this.segment = segment;
      this.next = segment.from();
      this.labelBytes =
          labelBytes(
              new SourceFiles.Found(
                  segment.path(), segment.name(), fs.getFileStatus(path).getLen(), null));
      this.entry = new byte[labelBytes + PIXELS];
      this.in = fs.open(path, 1 << 16);
      try {
        in.seek(next * entry.length);
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
      in.readFully(entry);
      ByteBuffer pixels = ByteBuffer.wrap(entry, labelBytes, PIXELS);
      RgbImage image = RgbImage.fromPlanar(SIDE, SIDE, pixels);
      String path = segment.name() + "#" + next;
      long id = segment.id() + next++ - segment.from();
      return new RawImage(
          id,
          path,
          null,
          entry[labelBytes - 1] & 0xff,
          null,
          segment.split(),
          new RawImage.Decoded(image));
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
