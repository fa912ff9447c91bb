package dev.tessera.jobs.run;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.tessera.datasets.lease.Lease;
import dev.tessera.models.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Everything one run leaves behind, in one folder of any Hadoop file system: {@code
 * runs/0007-dit-icons}. {@code docs/run-directory.md} tells what each file holds.
 */
public final class RunDirectory {

  static final String CONFIG = "config.yaml";
  static final String COMMAND = "command.txt";
  static final String ENVIRONMENT = "environment.json";
  static final String METRICS = "metrics.jsonl";
  static final String RANKS = "ranks.json";
  static final String CODEBOOK = "codebook.json";
  static final String REPORT = "report.html";

  private static final Pattern NUMBERED = Pattern.compile("([0-9]{4,9})-.+");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** The two series of pictures that a run draws. */
  public enum Pictures {
    /** Drawn by the model. */
    SAMPLES("samples"),
    /** Originals with their reconstructions below them. */
    RECONSTRUCTIONS("reconstructions");

    private final String folder;

    Pictures(String folder) {
      this.folder = folder;
    }
  }

  /** A grid as a PNG and the training images seen when it was drawn. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Picture(long images, byte[] png) {}

  private final Path path;
  private final Configuration hadoop;
  private final RunFiles files;
  private Lease lease;

  private RunDirectory(Path path, Configuration hadoop) throws IOException {
    this.files = new RunFiles(path.getFileSystem(hadoop), path);
    this.path = path;
    this.hadoop = hadoop;
  }

  /**
   * Makes {@code root/NNNN-name} with the number after the highest there is. Two runs that start at
   * once may share a number, never a folder.
   *
   * @param command the arguments of the command line, for {@code command.txt}
   * @throws UserException if the name is no name of a folder, or the folder cannot be made
   */
  public static RunDirectory create(
      Path root, String name, List<String> command, Configuration hadoop) {
    if (!NAME.matcher(name).matches()) {
      throw new UserException(
          "name: " + name + " (expected: letters, digits, dots, hyphens and underscores)");
    }
    try {
      FileSystem files = root.getFileSystem(hadoop);
      for (int number = next(files, root); ; number++) {
        RunDirectory run =
            new RunDirectory(
                new Path(root, String.format(Locale.ROOT, "%04d-%s", number, name)), hadoop);
        if (run.files.claim(COMMAND, CommandText.of(command) + "\n")) {
          return run;
        }
      }
    } catch (IOException e) {
      throw new UserException(
          "Cannot make a run directory in "
              + root
              + ": "
              + reason(e)
              + " (expected: a folder that can be written)",
          e);
    }
  }

  /**
   * Opens a run that exists, to resume it or to read it.
   *
   * @throws UserException if there is none
   */
  public static RunDirectory open(Path path, Configuration hadoop) {
    try {
      RunDirectory run = new RunDirectory(path, hadoop);
      if (!run.files.exists(COMMAND)) {
        if (!path.getFileSystem(hadoop).exists(path)) {
          throw new UserException(path + " does not exist (expected: a run directory)");
        }
        throw new UserException(path + ": not a run directory (expected: " + COMMAND + " in it)");
      }
      return run;
    } catch (IOException e) {
      throw new UserException("Cannot open the run " + path + ": " + reason(e), e);
    }
  }

  private static int next(FileSystem files, Path root) throws IOException {
    int highest = 0;
    try {
      for (FileStatus status : files.listStatus(root)) {
        Matcher numbered = NUMBERED.matcher(status.getPath().getName());
        if (numbered.matches()) {
          highest = Math.max(highest, Integer.parseInt(numbered.group(1)));
        }
      }
    } catch (FileNotFoundException e) {
      return 1;
    }
    return highest + 1;
  }

  /**
   * Takes the run for this process, before anything in it changes; {@link #release} gives it back.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if another process writes to it
   */
  public void own() {
    lease = Lease.acquire(hadoop, path, "training");
  }

  /**
   * Refuses a run that another process owns now, without writing: before Spark starts.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if another process writes to it
   */
  public void requireFree() {
    try {
      Lease.requireFree(hadoop, path);
    } catch (IOException e) {
      throw new UserException("Cannot open the run " + path + ": " + reason(e), e);
    }
  }

  /** The claim of this process: a file of a random name, there while the run is owned. */
  public Path owner() {
    return lease.file();
  }

  /**
   * @throws dev.tessera.datasets.InvalidDatasetException if another process has taken the run
   */
  public void requireOwned() {
    lease.require();
  }

  /** Gives the run back. */
  public void release() {
    lease.close();
  }

  /** Removes all of it, for a run that was refused before it began. */
  public void discard() throws IOException {
    if (lease != null) {
      lease.close();
    }
    files.removeAll();
  }

  public Path path() {
    return path;
  }

  public Path checkpoints() {
    return file("checkpoints");
  }

  public Path report() {
    return file(REPORT);
  }

  /** Opens {@code metrics.jsonl} for appending; an earlier attempt's lines stay. */
  public MetricsLog openMetrics() throws IOException {
    return MetricsLog.open(file(METRICS), hadoop);
  }

  /** The lines of {@code metrics.jsonl} that hold; see {@link MetricsLog}. */
  public List<MetricLine> metrics() throws IOException {
    return MetricsLog.read(file(METRICS), hadoop);
  }

  /** Writes the resolved recipe, without secrets in its URLs. */
  public void writeConfig(String canonicalYaml) throws IOException {
    files.write(CONFIG, Secrets.text(canonicalYaml).getBytes(StandardCharsets.UTF_8));
  }

  public void writeEnvironment(Environment environment) throws IOException {
    files.writeJson(ENVIRONMENT, environment.groups());
  }

  /** Writes what every rank did so far. */
  public void writeRanks(List<RankFacts> ranks) throws IOException {
    files.writeJson(RANKS, ranks);
  }

  /**
   * Writes how often each code was used.
   *
   * @param counts by code, over the images of the last evaluation
   */
  public void writeCodebook(long[] counts) throws IOException {
    files.writeJson(CODEBOOK, counts);
  }

  /** Writes a grid drawn after {@code images} training images; returns its file. */
  public Path writePicture(Pictures pictures, long images, byte[] png) throws IOException {
    String name = String.format(Locale.ROOT, "%s/images-%010d.png", pictures.folder, images);
    files.write(name, png);
    return file(name);
  }

  /** The grids drawn so far, in the order of images. */
  public List<Picture> pictures(Pictures pictures) throws IOException {
    List<Picture> found = new ArrayList<>();
    try {
      for (FileStatus status : files.list(pictures.folder)) {
        Matcher name = Pattern.compile("images-([0-9]+)\\.png").matcher(status.getPath().getName());
        if (name.matches()) {
          found.add(new Picture(Long.parseLong(name.group(1)), files.bytes(status.getPath())));
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    found.sort(Comparator.comparingLong(Picture::images));
    return Collections.unmodifiableList(found);
  }

  /** Makes {@code report.html} again from the other files. */
  public Path writeReport() throws IOException {
    files.write(REPORT, Report.of(this).getBytes(StandardCharsets.UTF_8));
    return report();
  }

  String command() throws IOException {
    return files.text(COMMAND).orElse("").strip();
  }

  Optional<String> config() throws IOException {
    return files.text(CONFIG);
  }

  Map<String, Map<String, String>> environment() throws IOException {
    return files
        .json(ENVIRONMENT, new TypeReference<LinkedHashMap<String, Map<String, String>>>() {})
        .orElseGet(LinkedHashMap::new);
  }

  List<RankFacts> ranks() throws IOException {
    return files.json(RANKS, new TypeReference<List<RankFacts>>() {}).orElse(List.of());
  }

  long[] codebook() throws IOException {
    return files.json(CODEBOOK, new TypeReference<long[]>() {}).orElse(new long[0]);
  }

  private Path file(String name) {
    return new Path(path, name);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
