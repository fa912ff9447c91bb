package dev.tessera.datasets.source;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A zip of picture files, nested at will; stored and deflated entries, zip64. Every file counts.
 *
 * @param file the archive
 * @param classPerFolder whether the first folder's name inside the archive is the class
 */
public record ZipSource(String file, boolean classPerFolder) implements ImageSource {

  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int LOCAL_HEADER = 30;

  @Override
  public String name() {
    return "zip";
  }

  @Override
  public Listing list(Configuration conf) throws IOException {
    Path path = SourceFiles.matching(conf, file).get(0).path();
    try (FSDataInputStream in = path.getFileSystem(conf).open(path)) {
      List<ZipDirectory.Entry> entries = directory(conf, path, in);
      if (entries.isEmpty()) {
        throw SourceFiles.empty(file, "files");
      }
      Segment all = Segment.of(path.toString(), path.getName(), 0, entries.size());
      return new Listing(List.of(all), classes(entries).names());
    }
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(split, segment -> new Entries(conf, segment));
  }

  private ClassFolders classes(List<ZipDirectory.Entry> entries) {
    return ClassFolders.of(entries.stream().map(ZipDirectory.Entry::name).toList(), classPerFolder);
  }

  private static List<ZipDirectory.Entry> directory(
      Configuration conf, Path path, FSDataInputStream in) throws IOException {
    FileSystem fs = path.getFileSystem(conf);
    return ZipDirectory.read(path.toString(), in, fs.getFileStatus(path).getLen());
  }

  private final class Entries implements RawImages {

    private final FSDataInputStream in;
    private final List<ZipDirectory.Entry> entries;
    private final ClassFolders classes;
    private final Segment segment;
    private final Inflater inflater = new Inflater(true);
    private long next;

    Entries(Configuration conf, Segment segment) throws IOException {
      Path path = new Path(segment.path());
      this.in = path.getFileSystem(conf).open(path);
      this.entries = directory(conf, path, in);
      this.classes = classes(entries);
      this.segment = segment;
      this.next = segment.from();
    }

    @Override
    public RawImage next() throws IOException {
      if (next >= segment.to()) {
        return null;
      }
      ZipDirectory.Entry entry = entries.get((int) next);
      long id = segment.id() + next++ - segment.from();
      return RawImage.of(id, entry.name(), classes.label(entry.name()), content(entry));
    }

    private RawImage.Content content(ZipDirectory.Entry entry) throws IOException {
      if (entry.encrypted() || (entry.method() != STORED && entry.method() != DEFLATED)) {
        return new RawImage.Unreadable(
            entry.encrypted()
                ? "encrypted"
                : "zip method " + entry.method() + " (expected: 0 or 8)");
      }
      if (entry.size() > FolderSource.MAX_FILE_BYTES
          || entry.packed() > FolderSource.MAX_FILE_BYTES) {
        return new RawImage.Unreadable(
            "file of " + entry.size() + " bytes (limit: " + FolderSource.MAX_FILE_BYTES + ")");
      }
      try {
        byte[] bytes = unpack(entry, packed(entry));
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue() == entry.crc()
            ? new RawImage.Encoded(bytes, entry.name())
            : new RawImage.Unreadable("corrupt zip entry: wrong CRC");
      } catch (DataFormatException | EOFException e) {
        return new RawImage.Unreadable("corrupt zip entry: " + e.getMessage());
      }
    }

    private byte[] packed(ZipDirectory.Entry entry) throws IOException {
      byte[] header = new byte[LOCAL_HEADER];
      in.readFully(entry.header(), header);
      int name = (header[26] & 0xff) | (header[27] & 0xff) << 8;
      int extra = (header[28] & 0xff) | (header[29] & 0xff) << 8;
      byte[] packed = new byte[(int) entry.packed()];
      in.readFully(entry.header() + LOCAL_HEADER + name + extra, packed);
      return packed;
    }

    /** Never writes more than the directory claims: a bomb that lies is cut off. */
    private byte[] unpack(ZipDirectory.Entry entry, byte[] packed) throws DataFormatException {
      if (entry.method() == STORED) {
        return packed;
      }
      inflater.reset();
      inflater.setInput(packed);
      byte[] bytes = new byte[(int) entry.size()];
      int length = 0;
      while (length < bytes.length) {
        int n = inflater.inflate(bytes, length, bytes.length - length);
        if (n == 0) {
          throw new DataFormatException("shorter than its directory says");
        }
        length += n;
      }
      return bytes;
    }

    @Override
    public void close() throws IOException {
      inflater.end();
      in.close();
    }
  }
}
