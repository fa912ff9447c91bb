package dev.tessera.jobs.train;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.Grid;
import dev.tessera.jobs.run.Interruption;
import dev.tessera.jobs.run.MetricLine;
import dev.tessera.jobs.run.MetricsLog;
import dev.tessera.jobs.run.ProgressLine;
import dev.tessera.jobs.run.RankFacts;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.IoFailure;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.train.StepReport;
import dev.tessera.spark.barrier.RankPlace;
import dev.tessera.spark.barrier.RecoveryPart;
import dev.tessera.spark.training.TrainingListener;
import dev.tessera.spark.training.TrainingMessage;
import dev.tessera.spark.ui.Progress;
import dev.tessera.spark.ui.RunStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FSError;

/** Writes down what ranks tell, and keeps the progress line. */
final class RunRecorder implements TrainingListener, AutoCloseable {

  private static final List<String> SHOWN = List.of("loss", "rec_loss", "codebook_usage");

  private final RunDirectory run;
  private final Console console;
  private final Recipe recipe;
  private final double flopsPerImage;
  private final MetricsLog metrics;
  private final Interruption.Standing standing;
  private final Map<Integer, RankPlace> places = new TreeMap<>();
  private final Map<Integer, TrainingMessage.Totals> totals = new TreeMap<>();
  private ProgressLine progress;
  private boolean started;
  private volatile long images;
  private volatile long kept;
  private final Recovery recovery = new Recovery(System::nanoTime);
  private int attempt;
  private final Map<RecoveryPart, Integer> ready = new EnumMap<>(RecoveryPart.class);
  private long from;
  private double seconds;

  RunRecorder(RunDirectory run, Console console, Recipe recipe, StepCost cost) throws IOException {
    this.run = run;
    this.console = console;
    this.recipe = recipe;
    this.flopsPerImage = cost.flopsPerImage();
    List<MetricLine> before = run.metrics();
    this.seconds = before.stream().mapToDouble(MetricLine::seconds).max().orElse(0);
    before.forEach(this::tell);
    this.metrics = run.openMetrics();
    this.standing = Interruption.standing(this::standing);
  }

  /** Whether a rank has told of a step: from then on there is something to keep. */
  boolean started() {
    return started;
  }

  @Override
  public void onAttempt(int number, List<RankPlace> ranks, long restored) {
    attempt = number;
    ready.clear();
    from = restored;
    images = restored;
    kept = restored;
    places.clear();
    totals.clear();
    ranks.forEach(place -> places.put(place.rank(), place));
    if (progress == null) {
      progress =
          console.progress(recipe.name(), restored, recipe.schedule().images(), flopsPerImage);
    }
    if (number > 0 || restored > 0) {
      write(() -> metrics.resumed(restored / recipe.schedule().batch(), restored, seconds));
      progress.say(String.format(Locale.ROOT, "going on from %,d images on %s", restored, ranks));
    }
  }

  @Override
  public void onWaiting(String sentence) {
    say(sentence);
  }

  @Override
  public void onWarning(String sentence) {
    say(sentence);
  }

  private void say(String sentence) {
    if (progress == null) {
      console.say(sentence);
    } else {
      progress.say(sentence);
    }
  }

  @Override
  public void onRetry(int nextAttempt, String failure) {
    if (progress == null) {
      console.say(failure);
    } else {
      progress.say("attempt " + nextAttempt + " failed, another starts: " + failure);
    }
  }

  @Override
  public void onLoss() {
    ready.clear();
    recovery.lost();
  }

  @Override
  public void onRecovery(RecoveryPart over) {
    recovery.over(over);
  }

  @Override
  public void onMessage(int rank, TrainingMessage message) {
    if (message instanceof TrainingMessage.Prepared prepared) {
      // The slowest rank decides when a part is over.
      if (prepared(prepared.part()) == places.size()) {
        recovery.over(prepared.part());
      }
      return;
    }
    started = true;
    if (message instanceof TrainingMessage.Steps steps) {
      // Steps of the attempt that was lost may still arrive after the loss.
      if (recovery.running() && allReady()) {
        recovered();
      }
      steps.reports().forEach(this::step);
    } else if (message instanceof TrainingMessage.Totals sum) {
      totals.put(rank, sum);
      write(() -> run.writeRanks(facts()));
    } else if (message instanceof TrainingMessage.Evaluated measured) {
      write(() -> evaluated(measured));
    } else if (message instanceof TrainingMessage.Drawn drawn) {
      write(() -> draw(drawn));
    } else if (message instanceof TrainingMessage.CheckpointWritten written) {
      kept = written.images();
      write(run::writeReport);
    }
  }

  /** Where the run stands and how to go on, for who ends it. */
  String standing() {
    if (kept == 0) {
      return String.format(
          Locale.ROOT,
          "stopped at %d images, before the first checkpoint (schedule.checkpoint-images: %d);"
              + " nothing is kept to go on from, start a new run",
          images,
          recipe.schedule().checkpointImages());
    }
    return String.format(
        Locale.ROOT,
        "stopped at %d images; go on%s with output.resume=%s",
        images,
        kept == images ? "" : " from the checkpoint of " + kept,
        run);
  }

  private int prepared(RecoveryPart part) {
    return ready.merge(part, 1, Integer::sum);
  }

  private boolean allReady() {
    return !places.isEmpty() && ready.getOrDefault(RecoveryPart.STATE, 0) == places.size();
  }

  private void recovered() {
    recovery.over(RecoveryPart.FIRST_STEP);
    long step = from / recipe.schedule().batch();
    write(() -> metrics.recovered(step, from, seconds, recovery.values()));
    progress.say(
        String.format(
            Locale.ROOT, "attempt %d goes on from %,d images, %s", attempt + 1, from, recovery));
  }

  private void step(StepReport report) {
    seconds += report.seconds();
    images = report.images();
    double speed = recipe.schedule().batch() / report.seconds();
    Map<String, Double> values = new LinkedHashMap<>(report.values());
    values.put("images_per_second", speed);
    values.put("gflops", speed * flopsPerImage / 1e9);
    values.put("communication_seconds", report.communicationSeconds());
    values.put("data_seconds", report.dataSeconds());
    MetricLine line = MetricLine.step(report.step(), report.images(), seconds, values);
    tell(line);
    write(() -> metrics.append(line));
    Map<String, Double> shown = new LinkedHashMap<>();
    for (String name : SHOWN) {
      if (report.values().containsKey(name)) {
        shown.put(name, report.values().get(name));
      }
    }
    double loss = shown.isEmpty() ? Double.NaN : shown.values().iterator().next();
    progress.update(report.images(), shown);
    RunStatus.driver().progress(new Progress(report.step(), report.images(), speed, loss));
  }

  private void evaluated(TrainingMessage.Evaluated measured) throws IOException {
    MetricLine line =
        MetricLine.evaluation(measured.step(), measured.images(), seconds, measured.values());
    tell(line);
    metrics.append(line);
    if (measured.codebook().length > 0) {
      run.writeCodebook(measured.codebook());
    }
  }

  /** The last value of each name is the run's result, and the last line's moment with them. */
  private void tell(MetricLine line) {
    Map<String, Double> values = new LinkedHashMap<>(line.values());
    values.put("images", (double) line.images());
    values.put("step", (double) line.step());
    console.products().metrics(values);
  }

  private void draw(TrainingMessage.Drawn drawn) throws IOException {
    List<byte[]> pictures =
        drawn.pictures().stream()
            .map(planar -> interleaved(planar, drawn.height() * drawn.width()))
            .toList();
    if (drawn.kind() == TrainingMessage.Drawn.Kind.SAMPLES) {
      Grid grid = Grid.fitting(drawn.width(), drawn.height(), 10);
      run.writePicture(RunDirectory.Pictures.SAMPLES, drawn.images(), grid.png(pictures));
      return;
    }
    List<byte[]> originals = new ArrayList<>();
    List<byte[]> made = new ArrayList<>();
    for (int i = 0; i + 1 < pictures.size(); i += 2) {
      originals.add(pictures.get(i));
      made.add(pictures.get(i + 1));
    }
    Grid grid = Grid.fitting(drawn.width(), drawn.height(), 8);
    run.writePicture(
        RunDirectory.Pictures.RECONSTRUCTIONS, drawn.images(), grid.pairs(originals, made));
  }

  /** {@code [3, H, W]} to {@code [H, W, 3]}. */
  private static byte[] interleaved(byte[] planar, int pixels) {
    ByteBuffer target = ByteBuffer.allocate(planar.length);
    for (int p = 0; p < pixels; p++) {
      target.put(planar[p]).put(planar[pixels + p]).put(planar[2 * pixels + p]);
    }
    return target.array();
  }

  private List<RankFacts> facts() {
    List<RankFacts> facts = new ArrayList<>();
    totals.forEach(
        (rank, sum) -> {
          RankPlace place = places.get(rank);
          facts.add(
              new RankFacts(
                  rank,
                  place.host(),
                  place.pid(),
                  attempt,
                  sum.steps(),
                  sum.images(),
                  sum.bytesSent()));
        });
    return facts;
  }

  /** What every rank did in the last attempt. */
  void finished(List<TrainingMessage.Totals> last) {
    for (int rank = 0; rank < last.size(); rank++) {
      totals.put(rank, last.get(rank));
    }
    write(() -> run.writeRanks(facts()));
  }

  private interface Writing {
    void run() throws IOException;
  }

  private void write(Writing writing) {
    try {
      run.requireOwned();
      writing.run();
    } catch (IOException | FSError e) {
      throw IoFailure.ofWriting("Cannot write to " + run, "free some space there", e);
    }
  }

  /** What is left of a run that could not write on. */
  String stays() {
    return kept == 0
        ? "no checkpoint was complete yet"
        : "the checkpoint of "
            + kept
            + " images is complete and stays: go on with output.resume="
            + run;
  }

  @Override
  public void close() throws IOException {
    // HDFS and object stores refuse a thread that was interrupted, and the last lines would be
    // lost.
    boolean interrupted = Thread.interrupted();
    standing.close();
    try {
      if (progress != null) {
        progress.close();
      }
      metrics.close();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
