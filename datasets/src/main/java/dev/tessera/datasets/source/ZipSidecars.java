package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * Files beside pictures in zips. They are few: an archive is opened for each.
 *
 * @param archives of which {@link Place} says one
 */
record ZipSidecars(Configuration conf, List<SourceFiles.Found> archives, Charset names)
    implements SidecarReader {

  /** An entry of an archive, both by number; as text it is an entry's location. */
  record Place(int archive, long entry) {

    static Place of(String location) {
      int colon = location.indexOf(':');
      return new Place(
          Integer.parseInt(location, 0, colon, 10),
          Long.parseLong(location, colon + 1, location.length(), 10));
    }

    String location() {
      return archive + ":" + entry;
    }
  }

  @Override
  public byte[] bytes(SourceFiles.Found file) throws IOException {
    Place place = Place.of(file.location());
    String path = archives.get(place.archive()).path().toString();
    try (ZipArchive archive = ZipArchive.open(conf, path, names)) {
      RawImage.Content content = archive.content(archive.entry(place.entry()));
      if (content instanceof RawImage.Encoded encoded) {
        return encoded.bytes();
      }
      throw new InvalidDatasetException(
          path
              + ": "
              + file.relative()
              + " cannot be read ("
              + ((RawImage.Unreadable) content).reason()
              + "): pack it again");
    }
  }

  @Override
  public Segment.Extra captionFile(String location) {
    return new Segment.CaptionEntry(Place.of(location).entry());
  }

  @Override
  public List<String> parquetColumns(SourceFiles.Found file) {
    throw new InvalidDatasetException(
        file.relative() + " is not read inside a zip: unpack the zip first");
  }

  @Override
  public List<Map<String, String>> parquetRows(SourceFiles.Found file, Collection<String> columns) {
    throw new UnsupportedOperationException(file.relative());
  }
}
