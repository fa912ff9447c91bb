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
 * @param columns of {@link Metadata}
 * @param names charset of entries' names that are no UTF-8 and do not say that they are
 */
public record ZipSource(
    InputFiles files, boolean classPerFolder, boolean splits, Columns columns, String names)
    implements ImageSource {

  /** An entry that is a row. */
  private record Member(ZipSidecars.Place place, SourceFiles.Found file, String path) {}

  @Override
  public String name() {
    return "zip";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    List<SourceFiles.Found> archives = Kind.ZIP.among(files.list(conf, log), log);
    List<SourceFiles.Found> entries = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    long foreign = 0;
    for (int i = 0; i < archives.size(); i++) {
      prefixes.add(archives.size() == 1 ? "" : archives.get(i).relative() + "/");
      List<ZipDirectory.Entry> directory = directory(conf, archives.get(i).path());
      for (int place = 0; place < directory.size(); place++) {
        ZipDirectory.Entry entry = directory.get(place);
        String location = new ZipSidecars.Place(i, place).location();
        String path = prefixes.get(i) + entry.name();
        entries.add(new SourceFiles.Found(location, path, entry.size(), null));
        foreign += entry.foreign() ? 1 : 0;
        log.found();
      }
    }
    tellForeign(foreign, log);
    Sidecars sidecars =
        Sidecars.of(entries, new ZipSidecars(conf, archives, Charset.forName(names)), columns, log);
    List<Member> members = new ArrayList<>();
    for (SourceFiles.Found file : sidecars.rows()) {
      ZipSidecars.Place place = ZipSidecars.Place.of(file.location());
      int prefix = prefixes.get(place.archive()).length();
      members.add(new Member(place, file, file.relative().substring(prefix)));
    }
    if (members.isEmpty()) {
      throw SourceFiles.empty(files.spec(), "files");
    }
    return listing(archives, prefixes, sidecars, members, log);
  }

  private Listing listing(
      List<SourceFiles.Found> archives,
      List<String> prefixes,
      Sidecars sidecars,
      List<Member> members,
      ListingLog log) {
    List<String> all = members.stream().map(Member::path).toList();
    List<String> pictures = all.stream().filter(FolderSource::looksLikePicture).toList();
    List<String> shape = pictures.isEmpty() ? all : pictures;
    boolean guessed = splits && !files.saysHeldout();
    Metadata metadata = sidecars.metadata();
    boolean named = metadata.givesClasses();
    Layout layout = Layout.of(shape, classPerFolder && !named, guessed, log);
    if (!named) {
      layout.tellClasses(shape, classPerFolder, log);
    }
    FilePatterns heldout = new FilePatterns(files.heldout());
    List<Segment> segments = new ArrayList<>();
    long id = 0;
    for (Member member : members) {
      String archive = archives.get(member.place().archive()).relative();
      Subset side = layout.split(member.path());
      if (files.saysHeldout()) {
        boolean matches = heldout.match(archive) || heldout.match(member.file().relative());
        side = matches ? Subset.HELDOUT : Subset.TRAIN;
      }
      add(
          segments,
          new Segment(
              archives.get(member.place().archive()).path().toString(),
              prefixes.get(member.place().archive()),
              id++,
              member.place().entry(),
              member.place().entry() + 1,
              named ? metadata.label(member.file().relative()) : layout.label(member.path()),
              side,
              sidecars.of(member.file())));
    }
    return new Listing(
        guessed && !layout.divided() && archives.size() > 1
            ? SplitNames.assign(segments, log)
            : segments,
        named ? metadata.classNames() : layout.classNames(),
        this);
  }

  /** One segment holds a run of entries of one class, unless something is known of an entry. */
  private static void add(List<Segment> segments, Segment next) {
    Segment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
    if (last != null && last.to() == next.from() && last.isLike(next)) {
      segments.set(segments.size() - 1, last.to(next.to()));
    } else {
      segments.add(next);
    }
  }

  private void tellForeign(long foreign, ListingLog log) {
    if (foreign > 0) {
      log.note(
          "names: "
              + Counted.of(foreign, "entry has a name that is", "entries have names that are")
              + " no UTF-8; read as "
              + names
              + ", zip-names=Shift_JIS (or another) reads them so");
    }
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
