package dev.tessera.models.checkpoint;

import dev.tessera.models.IoFailure;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.CheckpointManifest.StoredFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run: directories {@code step-000000123456}, named by images seen, each
 * with safetensors files and a {@code manifest.json} that is written last. One process writes; any
 * number may read meanwhile. A half-written or damaged checkpoint is never read.
 */
public final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final Pattern NAME = Pattern.compile("step-\\d{12,19}");
  private static final String TEMPORARY = "_tmp-";
  private static final String ASIDE = "_unreadable-";

  private final FileSystem fs;
  private final Path root;
  private final Publication publication;
  private final CheckpointFiles files;
  private final CheckpointVerifier verifier;

  /** Checkpoints under {@code root}, which the first write creates. */
  public CheckpointStore(FileSystem fs, Path root) {
    this(fs, root, Publication.of(fs.getUri().getScheme()));
  }

  CheckpointStore(FileSystem fs, Path root, Publication publication) {
    this.fs = fs;
    this.root = root;
    this.publication = publication;
    this.files = new CheckpointFiles(fs);
    this.verifier = new CheckpointVerifier(fs);
  }

  /**
   * Writes a checkpoint and returns its path; it replaces one of the same images seen.
   *
   * @throws UserException if the root cannot be written
   * @throws IOException if the store refuses; nothing is left behind that a reader would take
   */
  public Path write(CheckpointContent content) throws IOException {
    Path target = new Path(root, name(content.imagesSeen()));
    Path place = publication == Publication.RENAME ? temporary(target) : target;
    try {
      if (publication == Publication.MANIFEST_LAST) {
        fs.delete(new Path(target, CheckpointManifest.NAME), false);
        fs.delete(target, true);
      }
      makeDirectory(place);
      writeFiles(place, content);
      if (publication == Publication.RENAME) {
        publish(place, target);
      }
      return target;
    } catch (IOException | RuntimeException | FSError e) {
      discard(place, e);
      throw e;
    }
  }

  /**
   * The newest checkpoint that is whole; what is not is passed over with a warning.
   *
   * @throws IOException if one cannot be read now, and may be whole
   */
  public Optional<Checkpoint> newestComplete() throws IOException {
    return survey().newest();
  }

  /**
   * As {@link #newestComplete}, with what was passed over.
   *
   * @throws IOException if one cannot be read now, and may be whole
   */
  public CheckpointSurvey survey() throws IOException {
    List<Path> seen = List.of();
    while (true) {
      List<Path> paths = newestFirst();
      List<CheckpointSurvey.Unreadable> passed = new ArrayList<>();
      for (Path path : paths) {
        Optional<Checkpoint> whole = openIfWhole(path, passed);
        if (whole.isPresent()) {
          return new CheckpointSurvey(whole, passed);
        }
      }
      // A writer that runs on may have replaced all that was listed: look again until nothing
      // moves.
      if (paths.equals(seen)) {
        return new CheckpointSurvey(Optional.empty(), passed);
      }
      seen = paths;
    }
  }

  /**
   * Puts what cannot be read aside, under names that no reader takes for checkpoints, so that a run
   * may begin again beside it.
   */
  public void setAside(List<CheckpointSurvey.Unreadable> unreadable) throws IOException {
    for (CheckpointSurvey.Unreadable one : unreadable) {
      Path place = new Path(root, ASIDE + one.path().getName() + "-" + UUID.randomUUID());
      files.rename(one.path(), place);
    }
  }

  /**
   * All that are whole, oldest first; what is not is passed over with a warning.
   *
   * @param most images seen, at most
   * @throws IOException if one cannot be read now, and may be whole
   */
  public List<Checkpoint> complete(long most) throws IOException {
    List<Checkpoint> all = new ArrayList<>();
    for (Path path : newestFirst()) {
      if (imagesSeen(path) <= most) {
        openIfWhole(path, new ArrayList<>()).ifPresent(checkpoint -> all.add(0, checkpoint));
      }
    }
    return all;
  }

  private Optional<Checkpoint> openIfWhole(Path path, List<CheckpointSurvey.Unreadable> passed)
      throws IOException {
    String reason;
    try {
      return Optional.of(open(path));
    } catch (UserException e) {
      reason = e.getMessage();
    } catch (IOException e) {
      // What may pass must not cost a run the steps since an older checkpoint.
      if (!IoFailure.lasts(e)) {
        throw e;
      }
      reason = e.getMessage();
    }
    LOG.warn("Passing over checkpoint {}: {}", path, reason);
    boolean finished = fs.exists(new Path(path, CheckpointManifest.NAME));
    passed.add(new CheckpointSurvey.Unreadable(path, finished, reason));
    return Optional.empty();
  }

  /**
   * Opens one checkpoint after reading and checking all of it.
   *
   * @throws UserException if it is missing, incomplete or damaged
   */
  public Checkpoint open(Path path) throws IOException {
    CheckpointManifest manifest = verifier.manifest(path);
    verifier.requireIntact(path, manifest);
    return Checkpoint.open(fs, path, manifest);
  }

  /**
   * Deletes all but the newest {@code n} complete checkpoints, and what interrupted writes left.
   * For the writer, between writes. Completeness is judged by manifest and lengths, without reading
   * all.
   */
  public void keepLast(int n) throws IOException {
    if (n < 1) {
      throw new IllegalArgumentException("n: " + n + " (expected: 1 or more)");
    }
    int kept = 0;
    for (Path path : newestFirst()) {
      if (kept == n) {
        delete(path);
      } else if (isComplete(path)) {
        kept++;
      }
    }
    for (Path leftover : directories(name -> name.startsWith(TEMPORARY))) {
      fs.delete(leftover, true);
    }
  }

  /** Bytes that its file system has left. */
  public long remaining() throws IOException {
    return fs.getStatus(root).getRemaining();
  }

  /** Directories of checkpoints, newest first, whole or not. */
  public List<Path> newestFirst() throws IOException {
    List<Path> paths = new ArrayList<>(directories(NAME.asMatchPredicate()));
    paths.sort(Comparator.comparing(CheckpointStore::imagesSeen).reversed());
    return paths;
  }

  private void makeDirectory(Path place) throws IOException {
    boolean made;
    try {
      made = fs.mkdirs(place);
    } catch (IOException e) {
      if (!IoFailure.lasts(e)) {
        throw e;
      }
      throw unwritable(e.getMessage(), e);
    }
    if (!made) {
      throw unwritable("the file system refuses to create it", null);
    }
  }

  private UserException unwritable(String reason, IOException cause) {
    return new UserException(
        ("Cannot write checkpoints under " + root + ": " + reason)
            + "; name a directory that can be written",
        cause);
  }

  private void writeFiles(Path place, CheckpointContent content) throws IOException {
    List<StoredFile> stored = new ArrayList<>();
    for (TensorFile file : content.files()) {
      try (ChecksumChannel channel =
          new ChecksumChannel(files.create(new Path(place, file.name())))) {
        SafetensorsWriter.write(channel, Map.of("format", "pt"), file.tensors());
        stored.add(new StoredFile(file.name(), channel.bytes(), channel.crc32c()));
      }
    }
    CheckpointManifest manifest =
        new CheckpointManifest(
            content.imagesSeen(),
            content.step(),
            content.attempt(),
            content.model(),
            content.counters(),
            stored);
    try (var channel = files.create(new Path(place, CheckpointManifest.NAME))) {
      ByteBuffer bytes = ByteBuffer.wrap(ManifestFormat.toBytes(manifest));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  private void publish(Path place, Path target) throws IOException {
    Path old = temporary(target);
    boolean replaces = fs.exists(target);
    if (replaces) {
      files.rename(target, old);
    }
    try {
      files.rename(place, target);
    } catch (IOException e) {
      if (replaces) {
        files.rename(old, target);
      }
      throw e;
    }
    if (replaces) {
      fs.delete(old, true);
    }
  }

  private void discard(Path place, Throwable cause) {
    try {
      fs.delete(place, true);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** Manifest first: a deletion cut short leaves what nobody reads. */
  private void delete(Path path) throws IOException {
    fs.delete(new Path(path, CheckpointManifest.NAME), false);
    fs.delete(path, true);
  }

  private boolean isComplete(Path path) throws IOException {
    try {
      verifier.manifest(path);
      return true;
    } catch (UserException e) {
      return false;
    }
  }

  private List<Path> directories(Predicate<String> named) throws IOException {
    try {
      return Arrays.stream(fs.listStatus(root))
          .filter(FileStatus::isDirectory)
          .map(FileStatus::getPath)
          .filter(path -> named.test(path.getName()))
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private Path temporary(Path target) {
    return new Path(root, TEMPORARY + target.getName() + "-" + UUID.randomUUID());
  }

  private static String name(long imagesSeen) {
    return String.format(Locale.ROOT, "step-%012d", imagesSeen);
  }

  /** The position that a checkpoint's name tells. */
  public static long imagesSeen(Path path) {
    return Long.parseLong(path.getName().substring("step-".length()));
  }
}
