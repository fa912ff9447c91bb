package dev.tessera.jobs.sample;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.PlainFileSystem;
import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.UnreadableImageException;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.SampleRow;
import dev.tessera.datasets.table.TableCommit;
import dev.tessera.datasets.table.TableContent;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.datasets.table.TableReader;
import dev.tessera.jobs.run.Grid;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.train.TokenizerCopy;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Guidance;
import dev.tessera.spark.inference.RowRange;
import dev.tessera.spark.inference.SampleTask;
import dev.tessera.spark.inference.SamplerSpec;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.TokenizerSpec;
import dev.tessera.spark.table.SharedFile;
import dev.tessera.spark.table.TableStage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** A trained diffusion model to a table of samples and a grid of the first of them. */
public final class SampleJob {

  private static final int GRID = 100;
  private static final int COLUMNS = 10;

  private final SparkSession spark;
  private final Configuration conf;

  public SampleJob(SparkSession spark) {
    this.spark = spark;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  /**
   * Finds what is wrong before Spark starts; {@link #run} does so too.
   *
   * @throws UserException or {@link InvalidDatasetException} naming the first mistake
   */
  public static void check(Configuration conf, SampleRequest request) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, request.checkpoint());
    Trained.TrainedDiffusion trained = Trained.diffusion(checkpoint);
    label(request, trained);
    spec(conf, trained, tokenizer(conf, checkpoint, trained), request);
    TableOutput.check(
        conf, QualifiedPath.of(conf, request.output()).toString(), request.overwrite());
  }

  /** Null for a model of pixels. */
  private static TokenizerSpec tokenizer(
      Configuration conf, Checkpoint checkpoint, Trained.TrainedDiffusion trained) {
    return trained.signal().kind() == Signal.Kind.PIXELS
        ? null
        : TokenizerCopy.of(checkpoint, conf);
  }

  /** Draws; the table's folder also holds {@code _grid.png}. */
  public SampleSummary run(SampleRequest request) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, request.checkpoint());
    Trained.TrainedDiffusion trained = Trained.diffusion(checkpoint);
    int label = label(request, trained);
    SamplerSpec spec = spec(conf, trained, tokenizer(conf, checkpoint, trained), request);
    TableOutput output = TableOutput.begin(conf, qualified(request.output()), request.overwrite());
    boolean committed = false;
    try {
      long start = System.nanoTime();
      List<RowRange> shares = RowRange.split(request.count(), spec.batch(), tasks(request));
      List<TablePart> parts =
          TableStage.run(
              spark,
              "sample " + request.checkpoint(),
              read(checkpoint, spec),
              shares,
              new SampleTask(
                  spec,
                  checkpoint.path().toString(),
                  output,
                  request.seed(),
                  label,
                  trained.imageSize(),
                  request.device()));
      TableCommit commit =
          output.prepare(
              conf,
              parts,
              TableContent.images(
                  trained.imageSize(),
                  trained.classNames(),
                  Map.of(
                      "checkpoint",
                      checkpoint.path().toString(),
                      "guidance",
                      Double.toString(spec.guidance().weight()),
                      "seed",
                      Long.toString(request.seed()))));
      writeGrid(commit, trained.imageSize());
      TableCommit.publish(List.of(commit));
      committed = true;
      double seconds = (System.nanoTime() - start) / 1e9;
      String grid = new Path(request.output(), TableOutput.PREVIEW).toString();
      return new SampleSummary(
          request.output(), commit.manifest(), grid, seconds, spec.drawing().warning());
    } finally {
      if (!committed) {
        output.abort(conf);
      }
    }
  }

  /** What executors read: the model, its tokenizer, its guide. */
  private List<SharedFile> read(Checkpoint checkpoint, SamplerSpec spec) {
    List<SharedFile> files = new ArrayList<>();
    files.add(SharedFile.checkpoint(conf, checkpoint.path()));
    if (spec.tokenizer() != null) {
      files.add(SharedFile.checkpoint(conf, new Path(spec.tokenizer().checkpoint())));
    }
    if (spec.guide() != null) {
      files.add(SharedFile.checkpoint(conf, new Path(spec.guide().checkpoint())));
    }
    return files;
  }

  /** The model and how it is drawn, all checked but the weights. */
  private static SamplerSpec spec(
      Configuration conf,
      Trained.TrainedDiffusion trained,
      TokenizerSpec tokenizer,
      SampleRequest request) {
    SamplerSpec spec = trained.spec(tokenizer);
    SampleRequest.Way way = request.way();
    Guidance guidance = way.guidance(spec.guidance());
    Optional<String> by = way.guide().or(trained.recipe().sampling()::guide);
    if (guidance.guides() && by.isEmpty() && !trained.recipe().model().classConditional()) {
      throw new UserException(
          "guidance: "
              + guidance.weight()
              + " (expected: 1, the model knows no classes; or guide=CHECKPOINT of a smaller model)");
    }
    if (guidance.guides() && by.isEmpty() && trained.recipe().model().labelDropout() == 0) {
      throw new UserException(
          "guidance: "
              + guidance.weight()
              + " (expected: 1, no labels were hidden in training, so the model knows no case without"
              + " a class; or guide=CHECKPOINT of a smaller model)");
    }
    SamplerSpec.Guide guide =
        by.map(path -> StoredWeights.checkpoint(conf, path))
            .map(c -> Trained.diffusion(c).guide(c.path().toString(), trained))
            .orElse(null);
    Drawing drawing = way.drawing(spec.drawing());
    if (drawing.sampler().needsVariance() && !trained.recipe().model().learnsVariance()) {
      throw new UserException(
          "sampler.variance: learned-range (expected: fixed-small or fixed-large, the model has"
              + " learnt no variance)");
    }
    return spec.with(drawing, guidance, guide);
  }

  private int tasks(SampleRequest request) {
    return request.partitions() > 0 ? request.partitions() : TableStage.slots(spark);
  }

  private static int label(SampleRequest request, Trained.TrainedDiffusion trained) {
    if (request.label().isEmpty()) {
      return -1;
    }
    String wanted = request.label().get();
    if (!trained.recipe().model().classConditional()) {
      throw new UserException(
          "--class: " + wanted + " (expected: none, the model is not class-conditional)");
    }
    List<String> names = trained.classNames();
    int index = names.indexOf(wanted);
    if (index < 0 && wanted.matches("[0-9]{1,9}")) {
      index = Integer.parseInt(wanted);
    }
    if (index < 0 || index >= names.size()) {
      throw new UserException(
          "--class: " + wanted + " (expected: one of " + String.join(", ", names) + ")");
    }
    return index;
  }

  private String qualified(String path) {
    return QualifiedPath.of(conf, path).toString();
  }

  /** Before the table takes its place, so that it comes with it and has the same owner. */
  private void writeGrid(TableCommit table, int size) {
    Path path = new Path(table.waiting(), TableOutput.PREVIEW);
    try (ImageDecoder decoder = new ImageDecoder();
        OutputStream out = PlainFileSystem.of(path.getFileSystem(conf)).create(path, true)) {
      List<byte[]> pictures = new ArrayList<>();
      for (SampleRow row : first(table)) {
        RgbImage image = decoder.decode(row.bytes());
        pictures.add(image.pixels());
      }
      out.write(Grid.fitting(size, size, COLUMNS).png(pictures));
    } catch (IOException | UnreadableImageException e) {
      throw new UserException("Cannot write " + path + ": " + e.getMessage(), e);
    }
  }

  private List<SampleRow> first(TableCommit table) throws IOException {
    TableManifest manifest = table.manifest();
    List<SampleRow> rows = new ArrayList<>();
    try (TableReader<SampleRow> reader =
        TableReader.open(
            conf,
            table.waiting().toString(),
            manifest,
            RowFormats.SAMPLES,
            0,
            Math.min(GRID, manifest.rows()))) {
      for (SampleRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
    }
    return rows;
  }
}
