package dev.tessera.datasets.source;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;

/**
 * A folder of picture files, nested at will. Every file counts: what is not a picture ends in the
 * quarantine.
 *
 * @param root folder, one file, or a glob of files
 * @param classPerFolder whether the first folder's name is the class
 */
public record FolderSource(String root, boolean classPerFolder) implements ImageSource {

  /** Larger files are not read: no picture of a sane size needs more. */
  static final long MAX_FILE_BYTES = 256L << 20;

  @Override
  public String name() {
    return "folder";
  }

  @Override
  public Listing list(Configuration conf) throws IOException {
    List<SourceFiles.Found> files = SourceFiles.matching(conf, root);
    if (files.isEmpty()) {
      throw SourceFiles.empty(root, "files");
    }
    ClassFolders classes =
        ClassFolders.of(files.stream().map(SourceFiles.Found::relative).toList(), classPerFolder);
    List<Segment> segments = new ArrayList<>(files.size());
    for (SourceFiles.Found file : files) {
      int label = classes.label(file.relative());
      segments.add(
          new Segment(file.path().toString(), file.relative(), segments.size(), 0, 1, label, null));
    }
    return new Listing(segments, classes.names());
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(
        split,
        segment ->
            new OneFile(
                RawImage.of(
                    segment.id(), segment.name(), segment.label(), content(conf, segment))));
  }

  /** One bad file among many is a row of the quarantine, not the end of the job. */
  private static RawImage.Content content(Configuration conf, Segment segment) throws IOException {
    try {
      return read(conf, segment);
    } catch (AccessControlException | AccessDeniedException e) {
      return new RawImage.Unreadable("may not be read: permission denied");
    } catch (FileNotFoundException | NoSuchFileException e) {
      // The JDK says so of files that it may not open, too.
      return new RawImage.Unreadable(
          String.valueOf(e.getMessage()).contains("Permission denied")
              ? "may not be read: permission denied"
              : "vanished since it was listed");
    } catch (EOFException e) {
      return new RawImage.Unreadable("truncated: shorter than the file system says");
    } catch (ChecksumException e) {
      return new RawImage.Unreadable("corrupt: the file system's checksum does not match");
    }
  }

  private static RawImage.Content read(Configuration conf, Segment segment) throws IOException {
    Path path = new Path(segment.path());
    FileSystem fs = path.getFileSystem(conf);
    long length = fs.getFileStatus(path).getLen();
    if (length > MAX_FILE_BYTES) {
      return new RawImage.Unreadable(
          "file of " + length + " bytes (limit: " + MAX_FILE_BYTES + ")");
    }
    byte[] bytes = new byte[(int) length];
    try (FSDataInputStream in = fs.open(path)) {
      in.readFully(bytes);
    }
    return new RawImage.Encoded(bytes, segment.name());
  }

  private static final class OneFile implements RawImages {

    private RawImage image;

    OneFile(RawImage image) {
      this.image = image;
    }

    @Override
    public RawImage next() {
      RawImage result = image;
      image = null;
      return result;
    }

    @Override
    public void close() {}
  }
}
