package dev.tessera.datasets.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * Zips of picture files, nested at will; stored and deflated entries, zip64. Every file counts. In
 * the tables, files of several zips carry the name of theirs: {@code a.zip/cat/1.png}.
 *
 * @param pattern path or glob of the archives
 * @param classPerFolder whether the first folder's name inside the archive is the class; archives
 *     share their classes
 */
public record ZipSource(String pattern, boolean classPerFolder) implements ImageSource {

  @Override
  public String name() {
    return "zip";
  }

  @Override
  public Listing list(Configuration conf) throws IOException {
    List<SourceFiles.Found> archives = SourceFiles.matching(conf, pattern);
    List<List<ZipDirectory.Entry>> directories = new ArrayList<>();
    for (SourceFiles.Found archive : archives) {
      directories.add(directory(conf, archive.path()));
    }
    List<String> names =
        directories.stream().flatMap(List::stream).map(ZipDirectory.Entry::name).toList();
    if (names.isEmpty()) {
      throw SourceFiles.empty(pattern, "files");
    }
    ClassFolders classes = ClassFolders.of(names, classPerFolder);
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    for (int i = 0; i < archives.size(); i++) {
      String prefix = archives.size() == 1 ? "" : archives.get(i).relative() + "/";
      String path = archives.get(i).path().toString();
      id = addRuns(segments, id, path, prefix, directories.get(i), classes);
    }
    return new Listing(segments, classes.names());
  }

  /** One segment for each run of files of one class; returns the id after the last. */
  private static long addRuns(
      List<Segment> segments,
      long id,
      String path,
      String prefix,
      List<ZipDirectory.Entry> entries,
      ClassFolders classes) {
    int from = 0;
    for (int to = 1; to <= entries.size(); to++) {
      int label = classes.label(entries.get(from).name());
      if (to == entries.size() || classes.label(entries.get(to).name()) != label) {
        segments.add(new Segment(path, prefix, id + from, from, to, label, null));
        from = to;
      }
    }
    return id + entries.size();
  }

  private static List<ZipDirectory.Entry> directory(Configuration conf, Path path)
      throws IOException {
    try (FSDataInputStream in = path.getFileSystem(conf).open(path)) {
      return ZipDirectory.read(
          path.toString(), in, path.getFileSystem(conf).getFileStatus(path).getLen());
    }
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new ZipImages(conf, split);
  }
}
