package dev.tessera.jobs.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;

/** A run directory with something in every file, as a run of some minutes would leave it. */
final class SampleRun {

  private static final int STEPS = 400;

  private SampleRun() {}

  static RunDirectory in(java.nio.file.Path root) throws IOException {
    List<String> command = List.of("train", "--config", "conf/recipes/a b.yaml", "images=25600");
    RunDirectory run =
        RunDirectory.create(new Path(root.toUri()), "dit-icons", command, new Configuration());
    run.writeConfig("name: dit-icons\noptimizer:\n  learning-rate: 1e-4 # <kept>\n");
    run.writeEnvironment(
        Environment.ofDriver(new SparkConf(false).set("spark.my.password", "hunter2")));
    run.writeRanks(
        List.of(
            new RankFacts(0, "worker-1", 4711, 1, 400, 12_800, 400L * 4_194_304),
            new RankFacts(1, "worker-2", 4712, 1, 400, 12_800, 400L * 4_194_304)));
    run.writeCodebook(
        new Random(5)
            .doubles(256)
            .mapToLong(u -> (long) (40 / u) - 50)
            .map(c -> Math.max(c, 0))
            .toArray());
    try (MetricsLog log = run.openMetrics()) {
      for (MetricLine line : lines()) {
        log.append(line);
      }
    }
    pictures(run);
    return run;
  }

  static List<MetricLine> lines() {
    Random random = new Random(1);
    List<MetricLine> lines = new ArrayList<>();
    for (int step = 1; step <= STEPS; step++) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", 0.18 + 20 * Math.exp(-step / 25.0) + 0.02 * random.nextGaussian());
      values.put("gradient-norm", step == 200 ? Double.NaN : 1 + random.nextDouble());
      values.put("learning-rate", 1e-4 * Math.min(1, step / 50.0));
      values.put("images-per-second", 33 + random.nextGaussian());
      lines.add(MetricLine.step(step, step * 64L, step * 1.9, values));
      if (step % 50 == 0) {
        double share = (double) step / STEPS;
        lines.add(
            MetricLine.evaluation(
                step,
                step * 64L,
                step * 1.9,
                Map.of("psnr", 14 + 9 * Math.sqrt(share), "codebook-usage", 0.3 + 0.6 * share)));
      }
    }
    return lines;
  }

  private static void pictures(RunDirectory run) throws IOException {
    Grid grid = Grid.fitting(32, 32, 8);
    for (long images = 6400; images <= 25_600; images += 6400) {
      List<byte[]> drawn = discs(32, 25_600 - images);
      run.writePicture(RunDirectory.Pictures.SAMPLES, images, grid.png(drawn));
      List<byte[]> clean = discs(16, 0);
      run.writePicture(
          RunDirectory.Pictures.RECONSTRUCTIONS,
          images,
          grid.pairs(clean, discs(16, 25_600 - images + 2000)));
    }
  }

  /** Discs under noise: enough to see order, scale and orientation in the report. */
  private static List<byte[]> discs(int count, long noise) {
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Random random = new Random(i);
      double cx = 8 + random.nextInt(16);
      double cy = 8 + random.nextInt(16);
      int colour = random.nextInt(0xffffff);
      byte[] rgb = new byte[32 * 32 * 3];
      for (int p = 0; p < 32 * 32; p++) {
        boolean inside = Math.hypot(p % 32 - cx, Math.floorDiv(p, 32) - cy) < 7;
        for (int c = 0; c < 3; c++) {
          double clean = inside ? (colour >> (8 * c)) & 0xff : 235;
          double value = clean + random.nextGaussian() * noise / 150.0;
          rgb[p * 3 + c] = (byte) Math.max(0, Math.min(255, value));
        }
      }
      pictures.add(rgb);
    }
    return pictures;
  }
}
