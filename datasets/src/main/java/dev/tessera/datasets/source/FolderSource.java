package dev.tessera.datasets.source;

import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.table.Subset;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.security.AccessControlException;

/**
 * A folder of picture files, nested at will. Every file counts: what is not a picture ends in the
 * quarantine.
 *
 * @param files all of them
 * @param classPerFolder whether folders are classes, see {@link Layout}
 * @param splits whether folders and names tell what is held out
 * @param columns of {@link Metadata}
 */
public record FolderSource(
    InputFiles files, boolean classPerFolder, boolean splits, Columns columns)
    implements ImageSource {

  /** Larger files are not read: no picture of a sane size needs more. */
  static final long MAX_FILE_BYTES = 256L << 20;

  @Override
  public String name() {
    return "folder";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    Sidecars sidecars = Sidecars.of(files.list(conf, log), new FolderSidecars(conf), columns, log);
    List<SourceFiles.Found> rows = sidecars.rows();
    if (rows.isEmpty()) {
      throw SourceFiles.empty(files.spec(), "files");
    }
    List<String> names = rows.stream().map(SourceFiles.Found::relative).toList();
    List<String> pictures = names.stream().filter(FolderSource::looksLikePicture).toList();
    Collection<String> shape = pictures.isEmpty() ? names : pictures;
    boolean guessed = splits && !files.saysHeldout();
    Metadata metadata = sidecars.metadata();
    boolean named = metadata.givesClasses();
    Layout layout = Layout.of(shape, classPerFolder && !named, guessed, log);
    if (!named) {
      layout.tellClasses(shape, classPerFolder, log);
    }
    List<Segment> segments = new ArrayList<>(rows.size());
    for (SourceFiles.Found file : rows) {
      String path = file.relative();
      int label = named ? metadata.label(path) : layout.label(path);
      Subset side = layout.split(path);
      segments.add(
          new Segment(
              file.location(), path, segments.size(), 0, 1, label, side, sidecars.of(file)));
    }
    if (files.saysHeldout()) {
      segments = files.asUserSays(segments);
    } else if (guessed && !layout.divided()) {
      segments = SplitNames.assignPictures(segments, log);
    }
    return new Listing(segments, named ? metadata.classNames() : layout.classNames(), this);
  }

  /** By its name, or for want of one: the layout of a folder is that of its pictures. */
  static boolean looksLikePicture(String path) {
    return Kind.of(path).equals(Optional.of(Kind.PICTURES));
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new SegmentReader(
        split,
        segment ->
            new OneFile(
                RawImage.of(
                    segment,
                    segment.id(),
                    segment.name(),
                    caption(conf, segment),
                    content(conf, segment))));
  }

  private static String caption(Configuration conf, Segment segment) throws IOException {
    if (segment.extra() instanceof Segment.Caption caption) {
      return caption.text();
    }
    if (segment.extra() instanceof Segment.CaptionFile file) {
      try {
        return Sidecars.words(FolderSidecars.bytes(conf, file.location()));
      } catch (FileNotFoundException | NoSuchFileException | AccessDeniedException e) {
        return null;
      }
    }
    return null;
  }

  /** One bad file among many is a row of the quarantine, not the end of the job. */
  private static RawImage.Content content(Configuration conf, Segment segment) throws IOException {
    if (segment.extra() instanceof Segment.Problem problem) {
      return new RawImage.Unreadable(problem.reason());
    }
    try {
      return LocalFiles.isLocation(segment.path()) ? readLocal(segment) : read(conf, segment);
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
    } catch (IllegalArgumentException e) {
      return new RawImage.Unreadable("has a name that cannot be opened: " + e.getMessage());
    } catch (IOException e) {
      if (IoFailure.lasts(e)) {
        return new RawImage.Unreadable("cannot be read: " + e.getMessage());
      }
      throw e;
    }
  }

  private static RawImage.Content readLocal(Segment segment) throws IOException {
    Path path = LocalFiles.path(segment.path());
    try (FileChannel in = FileChannel.open(path)) {
      long length = in.size();
      if (length > MAX_FILE_BYTES) {
        return tooLong(length);
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) length);
      while (bytes.hasRemaining()) {
        if (in.read(bytes) < 0) {
          throw new EOFException(path + " shrank");
        }
      }
      return new RawImage.Encoded(bytes.array(), segment.name());
    }
  }

  private static RawImage.Content tooLong(long length) {
    return new RawImage.Unreadable("file of " + length + " bytes (limit: " + MAX_FILE_BYTES + ")");
  }

  private static RawImage.Content read(Configuration conf, Segment segment) throws IOException {
    var path = new org.apache.hadoop.fs.Path(segment.path());
    FileSystem fs = path.getFileSystem(conf);
    long length = fs.getFileStatus(path).getLen();
    if (length > MAX_FILE_BYTES) {
      return tooLong(length);
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
