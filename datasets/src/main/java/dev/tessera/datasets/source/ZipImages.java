package dev.tessera.datasets.source;

import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;

/** The files of a split of zips; an archive stays open over all of its segments. */
final class ZipImages implements RawImages {

  private final Configuration conf;
  private final Charset names;
  private final Iterator<Segment> segments;
  private Segment segment;
  private ZipArchive archive;
  private long next;

  ZipImages(Configuration conf, Split split, Charset names) {
    this.names = names;
    this.conf = conf;
    this.segments = split.segments().iterator();
  }

  @Override
  public RawImage next() throws IOException {
    while (segment == null || next >= segment.to()) {
      if (!segments.hasNext()) {
        return null;
      }
      begin(segments.next());
    }
    ZipDirectory.Entry entry = archive.entry(next);
    long id = segment.id() + next++ - segment.from();
    String name = segment.name() + entry.name();
    return RawImage.of(segment, id, name, caption(), archive.content(entry));
  }

  private String caption() throws IOException {
    if (segment.extra() instanceof Segment.Caption caption) {
      return caption.text();
    }
    return segment.extra() instanceof Segment.CaptionEntry beside
            && archive.content(archive.entry(beside.place())) instanceof RawImage.Encoded text
        ? Sidecars.words(text.bytes())
        : null;
  }

  private void begin(Segment begun) throws IOException {
    if (segment == null || !segment.path().equals(begun.path())) {
      close();
      archive = ZipArchive.open(conf, begun.path(), names);
    }
    segment = begun;
    next = begun.from();
  }

  @Override
  public void close() throws IOException {
    if (archive != null) {
      archive.close();
      archive = null;
    }
  }
}
