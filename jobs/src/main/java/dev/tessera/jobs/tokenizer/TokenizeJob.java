package dev.tessera.jobs.tokenizer;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.CodeInfo;
import dev.tessera.datasets.table.LatentInfo;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Reconstruction;
import dev.tessera.datasets.table.TableCommit;
import dev.tessera.datasets.table.TableContent;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.train.TokenizerCopy;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.graph.Shape;
import dev.tessera.spark.inference.RowRange;
import dev.tessera.spark.inference.StageTimes;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.TokenizeReport;
import dev.tessera.spark.inference.TokenizeTask;
import dev.tessera.spark.inference.TokenizerSpec;
import dev.tessera.spark.table.SharedFile;
import dev.tessera.spark.table.TableStage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * An image table to a code table and a latent table, as a Spark job over ranges of rows. Both
 * replace older ones together, as far as {@link TableCommit} can.
 */
public final class TokenizeJob {

  static final String CODES = "/codes";
  static final String LATENTS = "/latents";

  private final SparkSession spark;
  private final Configuration conf;

  public TokenizeJob(SparkSession spark) {
    this.spark = spark;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  /**
   * Finds what is wrong before Spark starts; {@link #run} does so too.
   *
   * @param settings as {@link #run} will have them
   * @throws UserException or {@link InvalidDatasetException} naming the first mistake
   */
  public static void check(
      Configuration conf,
      String checkpoint,
      String images,
      String output,
      TokenizeSettings settings) {
    Trained.TrainedTokenizer trained =
        Trained.tokenizer(StoredWeights.checkpoint(conf, checkpoint));
    checkSize(images, images(conf, images), trained);
    checkAlone(conf, output, settings);
    for (String table : settings.latents() ? List.of(CODES, LATENTS) : List.of(CODES)) {
      TableOutput.check(
          conf, QualifiedPath.of(conf, output + table).toString(), settings.overwrite());
    }
  }

  /** Latents of one tokenizer beside codes of another would be a trap. */
  private static void checkAlone(Configuration conf, String output, TokenizeSettings settings) {
    if (settings.latents()) {
      return;
    }
    String latents = QualifiedPath.of(conf, output + LATENTS).toString();
    try {
      if (ManifestFile.isAt(conf, latents)) {
        throw new UserException(
            latents
                + " is there, and latents=false would leave it beside other codes: choose another"
                + " output, remove it, or replace it too with latents=true overwrite=true.");
      }
    } catch (IOException e) {
      throw new InvalidDatasetException(
          "Cannot look for " + latents + " (" + e.getMessage() + "): choose another output", e);
    }
  }

  private static TableManifest images(Configuration conf, String images) {
    return ManifestFile.read(conf, images).require(TableKind.IMAGES, images);
  }

  private static void checkSize(
      String images, TableManifest manifest, Trained.TrainedTokenizer trained) {
    if (manifest.imageSize() != trained.imageSize()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s holds pictures of %d pixels and the tokenizer was trained on %d: ingest them with size=%d.",
              images,
              manifest.imageSize(),
              trained.imageSize(),
              trained.imageSize()));
    }
  }

  /**
   * Tokenises.
   *
   * @return what both manifests say
   */
  public TokenizeSummary run(
      String checkpoint, String images, String output, TokenizeSettings settings) {
    Checkpoint opened = StoredWeights.checkpoint(conf, checkpoint);
    Trained.TrainedTokenizer trained = Trained.tokenizer(opened);
    TableManifest manifest = images(conf, images);
    checkSize(images, manifest, trained);
    checkAlone(conf, output, settings);
    String place = qualified(opened.path().toString());
    boolean overwrite = settings.overwrite();
    TableOutput codes = TableOutput.begin(conf, qualified(output + CODES), overwrite);
    TableOutput latents = null;
    boolean committed = false;
    try {
      if (settings.latents()) {
        latents = TableOutput.begin(conf, qualified(output + LATENTS), overwrite);
      }
      TokenizerSpec spec = trained.spec(place);
      long start = System.nanoTime();
      int tasks = settings.partitions() > 0 ? settings.partitions() : TableStage.slots(spark);
      List<RowRange> shares = RowRange.split(manifest.rows(), settings.batch(), tasks);
      List<TokenizeReport> reports =
          TableStage.run(
              spark,
              "tokenize " + images,
              List.of(
                  SharedFile.checkpoint(conf, opened.path()),
                  SharedFile.table(conf, qualified(images))),
              shares,
              new TokenizeTask(
                  spec,
                  qualified(images),
                  codes,
                  latents,
                  settings.batch(),
                  settings.device(),
                  settings.precision(),
                  settings.measured(),
                  settings.writersOrDefault()));
      TokenizeReport.Measures measures = merged(trained, reports);
      Map<String, String> provenance =
          Map.of(
              TokenizerCopy.PLACE,
              place,
              TokenizerCopy.CHECKSUM,
              TokenizerCopy.checksum(opened),
              "images",
              manifest.contentChecksum(),
              "precision",
              settings.precision().name().toLowerCase(Locale.ROOT));
      if (latents != null) {
        TokenizerCopy.put(opened, latents.beside(TableOutput.TOKENIZER), conf);
      }
      TableManifest written =
          commit(trained, manifest, provenance, reports, measures, codes, latents);
      committed = true;
      return new TokenizeSummary(
          output,
          written,
          measures.usage().counts(),
          (System.nanoTime() - start) / 1e9,
          StageTimes.sum(reports.stream().map(TokenizeReport::times).toList()));
    } finally {
      if (!committed) {
        // The first one began with the folder of both, and takes it away when it is empty.
        if (latents != null) {
          latents.abort(conf);
        }
        codes.abort(conf);
      }
    }
  }

  private String qualified(String path) {
    return QualifiedPath.of(conf, path).toString();
  }

  private static TokenizeReport.Measures merged(
      Trained.TrainedTokenizer trained, List<TokenizeReport> reports) {
    TokenizeReport.Measures all =
        TokenizeReport.Measures.of(trained.imageSize(), trained.recipe().model().codes().count());
    reports.forEach(report -> all.merge(report.measures()));
    return all;
  }

  private TableManifest commit(
      Trained.TrainedTokenizer trained,
      TableManifest images,
      Map<String, String> provenance,
      List<TokenizeReport> reports,
      TokenizeReport.Measures measures,
      TableOutput codes,
      TableOutput latents) {
    Shape shape = trained.spec(provenance.get(TokenizerCopy.PLACE)).model().latentShape();
    Reconstruction quality =
        new Reconstruction(
            measures.all().result(), measures.ssim().result(), measures.heldout().result());
    CodeInfo codeInfo =
        new CodeInfo(
            trained.recipe().model().codes().count(),
            Math.toIntExact(shape.dim(1)),
            Math.toIntExact(shape.dim(2)),
            measures.usage().usage(),
            measures.usage().perplexity());
    TableCommit newCodes =
        codes.prepare(
            conf,
            reports.stream().flatMap(report -> report.codes().stream()).toList(),
            TableContent.codes(
                images.imageSize(), images.classNames(), codeInfo, quality, provenance));
    if (latents == null) {
      TableCommit.publish(List.of(newCodes));
      return newCodes.manifest();
    }
    double deviation = measures.latents().deviation();
    LatentInfo latentInfo =
        new LatentInfo(
            List.of(
                Math.toIntExact(shape.dim(0)),
                Math.toIntExact(shape.dim(1)),
                Math.toIntExact(shape.dim(2))),
            "float32",
            1 / deviation,
            measures.latents().mean(),
            deviation);
    TableCommit newLatents =
        latents.prepare(
            conf,
            reports.stream().flatMap(report -> report.latents().stream()).toList(),
            TableContent.latents(
                images.imageSize(), images.classNames(), latentInfo, quality, provenance));
    // Together: latents of one tokenizer beside codes of another would be a trap.
    TableCommit.publish(List.of(newLatents, newCodes));
    return newCodes.manifest();
  }
}
