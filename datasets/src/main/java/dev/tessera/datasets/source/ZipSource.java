package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Zips of picture files, nested at will; stored and deflated entries, zip64. Every file counts. In
 * the tables, files of several zips carry the name of theirs: {@code a.zip/cat/1.png}.
 *
 * @param files of which the archives count
 * @param classPerFolder whether folders inside the archives are classes; archives share theirs
 * @param splits whether folders inside the archives, or their names, tell what is held out
 * @param names charset of entries' names that are no UTF-8 and do not say that they are
 */
public record ZipSource(InputFiles files, boolean classPerFolder, boolean splits, String names)
    implements ImageSource {

  @Override
  public String name() {
    return "zip";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    List<SourceFiles.Found> archives = Kind.ZIP.among(files.list(conf, log), log);
    List<List<ZipDirectory.Entry>> directories = new ArrayList<>();
    for (SourceFiles.Found archive : archives) {
      directories.add(directory(conf, archive.path()));
      directories.get(directories.size() - 1).forEach(entry -> log.found());
    }
    List<String> all =
        directories.stream().flatMap(List::stream).map(ZipDirectory.Entry::name).toList();
    if (all.isEmpty()) {
      throw SourceFiles.empty(files.spec(), "files");
    }
    long foreign = directories.stream().flatMap(List::stream).filter(e -> e.foreign()).count();
    if (foreign > 0) {
      log.note(
          "names: "
              + Counted.of(foreign, "entry has a name that is", "entries have names that are")
              + " no UTF-8; read as "
              + names
              + ", zip-names=Shift_JIS (or another) reads them so");
    }
    List<String> pictures = all.stream().filter(FolderSource::looksLikePicture).toList();
    Layout layout = Layout.of(pictures.isEmpty() ? all : pictures, classPerFolder, splits, log);
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    for (int i = 0; i < archives.size(); i++) {
      String prefix = archives.size() == 1 ? "" : archives.get(i).relative() + "/";
      String path = archives.get(i).path().toString();
      id = addRuns(segments, id, path, prefix, directories.get(i), layout);
    }
    boolean divided = segments.stream().anyMatch(segment -> segment.split() != null);
    return new Listing(
        splits && !divided && archives.size() > 1 ? SplitNames.assign(segments, log) : segments,
        layout.classNames(),
        this);
  }

  /** One segment for each run of files of one class; returns the id after the last. */
  private static long addRuns(
      List<Segment> segments,
      long id,
      String path,
      String prefix,
      List<ZipDirectory.Entry> entries,
      Layout layout) {
    int from = 0;
    for (int to = 1; to <= entries.size(); to++) {
      int label = layout.label(entries.get(from).name());
      Subset split = layout.split(entries.get(from).name());
      if (to == entries.size()
          || layout.label(entries.get(to).name()) != label
          || layout.split(entries.get(to).name()) != split) {
        segments.add(new Segment(path, prefix, id + from, from, to, label, split, null));
        from = to;
      }
    }
    return id + entries.size();
  }

  private List<ZipDirectory.Entry> directory(Configuration conf, Path path) throws IOException {
    FileSystem fs = SourceFiles.fileSystem(conf, path);
    try (FSDataInputStream in = fs.open(path)) {
      return ZipDirectory.read(
          path.toString(), in, fs.getFileStatus(path).getLen(), Charset.forName(names));
    }
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    return new ZipImages(conf, split, Charset.forName(names));
  }
}
