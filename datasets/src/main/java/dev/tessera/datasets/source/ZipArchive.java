package dev.tessera.datasets.source;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** An open zip file, read by entry. */
final class ZipArchive implements Closeable {

  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int LOCAL_HEADER = 30;

  private final FSDataInputStream in;
  private final List<ZipDirectory.Entry> entries;
  private final Inflater inflater = new Inflater(true);

  private ZipArchive(FSDataInputStream in, List<ZipDirectory.Entry> entries) {
    this.in = in;
    this.entries = entries;
  }

  static ZipArchive open(Configuration conf, String path, Charset names) throws IOException {
    Path file = new Path(path);
    FileSystem fs = SourceFiles.fileSystem(conf, file);
    FSDataInputStream in = fs.open(file);
    try {
      return new ZipArchive(
          in, ZipDirectory.read(path, in, fs.getFileStatus(file).getLen(), names));
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** The entry at a place of the directory, as {@link ZipDirectory} counts. */
  ZipDirectory.Entry entry(long place) {
    return entries.get(Math.toIntExact(place));
  }

  RawImage.Content content(ZipDirectory.Entry entry) throws IOException {
    if (entry.encrypted() || (entry.method() != STORED && entry.method() != DEFLATED)) {
      return new RawImage.Unreadable(
          entry.encrypted() ? "encrypted" : "zip method " + entry.method() + " (expected: 0 or 8)");
    }
    if (entry.size() < 0 || entry.packed() < 0 || entry.header() < 0) {
      return new RawImage.Unreadable("corrupt zip entry: a size or place below zero");
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
