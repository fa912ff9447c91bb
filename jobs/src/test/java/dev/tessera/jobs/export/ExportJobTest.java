package dev.tessera.jobs.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.spark.inference.StoredWeights;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Exported files, opened by strangers: another batch than traced, our own programs' numbers. */
@ExtendWith(AtTheTerminal.class)
class ExportJobTest {

  private static final int BATCH = 5;

  @TempDir private static Path folder;
  private static SmallChain chain;
  private static final Configuration CONF = new Configuration();

  @BeforeAll
  static void export() throws Exception {
    chain = SmallChain.trained(folder);
    export(chain.tokenizerRun(), "vqgan.pt");
    export(chain.diffusionRun(), "dit.pt");
  }

  private static void export(String checkpoint, String file) {
    AtTheTerminal.Ended ended =
        AtTheTerminal.run("export", "--checkpoint", checkpoint, "--output", folder + "/" + file);
    assertThat(ended.code()).as(ended.error()).isZero();
  }

  /** A file system that copies but never renames. */
  public static final class NeverRenames extends LocalFileSystem {
    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) {
      return false;
    }
  }

  /** Of Hadoop's local file system: who edits a file that has one cannot read it any more. */
  @Test
  void nothingThatCommandsWroteHasAHiddenSumBesideIt() throws Exception {
    String samples = folder + "/samples";
    String[] draw = {"sample", "--checkpoint", chain.diffusionRun(), "--output", samples};
    AtTheTerminal.Ended ended = AtTheTerminal.run(draw);
    assertThat(ended.code()).as(ended.error()).isZero();

    assertThat(chain.content())
        .contains("samples/_manifest.json", "dit.pt", "runs/0002-small-dit/metrics.jsonl")
        .noneMatch(name -> name.endsWith(".crc"));
  }

  @Test
  void aFileThatCannotBeRenamedLeavesNothing() throws Exception {
    Configuration conf = new Configuration();
    conf.set("fs.file.impl", NeverRenames.class.getName());
    conf.setBoolean("fs.file.impl.disable.cache", true);
    Path out = Files.createDirectory(folder.resolve("stuck"));

    assertThatThrownBy(() -> new ExportJob(conf).run(chain.tokenizerRun(), out + "/vqgan.pt"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot rename");

    assertThat(out).isEmptyDirectory();
  }

  private static byte[] pixels() {
    byte[] pixels = new byte[BATCH * 3 * 16 * 16];
    SplittableRandom random = new SplittableRandom(1);
    random.nextBytes(pixels);
    return pixels;
  }

  private static float[] values(int count) {
    SplittableRandom random = new SplittableRandom(2);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(0.05, 1);
    }
    return values;
  }

  private static List<float[]> here(
      Program program, TorchRuntime runtime, List<NativeTensor> arguments) {
    List<float[]> results = new ArrayList<>();
    try (Executable executable = runtime.load(program);
        Results run = executable.run(arguments)) {
      for (int i = 0; i < run.size(); i++) {
        results.add(floats(run.get(i)));
      }
    }
    return results;
  }

  private static float[] floats(NativeTensor tensor) {
    if (tensor.type().dtype() == DType.FLOAT32) {
      return tensor.toFloats();
    }
    ByteBuffer memory = tensor.memory();
    float[] values = new float[Math.toIntExact(tensor.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.type().dtype() == DType.INT64 ? memory.getLong() : memory.get() & 0xff;
    }
    return values;
  }

  private static float[] floats(NDArray array) {
    return array.toType(DataType.FLOAT32, true).toFloatArray();
  }

  @Test
  void theTokenizerOpensInStockDjl() throws Exception {
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      List<float[]> ours = tokenizerHere(runtime);
      List<float[]> theirs =
          stock(
              "vqgan.pt",
              manager ->
                  new NDList(
                      manager.create(
                          ByteBuffer.wrap(pixels()), new Shape(BATCH, 3, 16, 16), DataType.UINT8)));
      assertThat(theirs.get(0)).isEqualTo(ours.get(0));
      same(theirs.get(1), ours.get(1));
      assertThat(theirs.get(2)).isEqualTo(ours.get(2));
    }
  }

  @Test
  void theDenoiserOpensInStockDjl() throws Exception {
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      List<float[]> ours = denoiserHere(runtime);
      List<float[]> theirs =
          stock(
              "dit.pt",
              manager ->
                  new NDList(
                      manager.create(values(BATCH * 64), new Shape(BATCH, 4, 4, 4)),
                      manager.create(values(BATCH), new Shape(BATCH)),
                      manager.create(new long[] {0, 1, 2, 1, 0}, new Shape(BATCH))));
      same(theirs.get(0), ours.get(0));
    }
  }

  private static void same(float[] theirs, float[] ours) {
    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < ours.length; i++) {
      assertThat(theirs[i]).isCloseTo(ours[i], within(1e-5f));
    }
  }

  private List<float[]> tokenizerHere(TorchRuntime runtime) {
    Checkpoint checkpoint = StoredWeights.checkpoint(CONF, chain.tokenizerRun());
    StoredWeights weights = StoredWeights.open(CONF, chain.tokenizerRun());
    Vqgan model = Trained.tokenizer(checkpoint).spec("").model();
    try (NativeTensor flat = weights.group(runtime, model.layout(), "parameters");
        NativeTensor state = weights.state(runtime, model.state());
        NativeTensor images = runtime.zeros(DType.UINT8, model.imageShape(BATCH))) {
      images.memory().put(pixels());
      return here(model.tokenizer(BATCH), runtime, List.of(flat, state, images));
    }
  }

  private List<float[]> denoiserHere(TorchRuntime runtime) {
    Checkpoint checkpoint = StoredWeights.checkpoint(CONF, chain.diffusionRun());
    StoredWeights weights = StoredWeights.open(CONF, chain.diffusionRun());
    DiffusionModel model = Trained.diffusion(checkpoint).spec(null).model();
    try (NativeTensor flat = weights.group(runtime, model.layout(), "ema");
        NativeTensor x = runtime.zeros(DType.FLOAT32, shape(BATCH, 4, 4, 4));
        NativeTensor sigma = runtime.zeros(DType.FLOAT32, shape(BATCH));
        NativeTensor label = runtime.zeros(DType.INT64, shape(BATCH))) {
      x.set(values(BATCH * 64));
      sigma.set(values(BATCH));
      label.memory().asLongBuffer().put(new long[] {0, 1, 2, 1, 0});
      return here(model.exported(BATCH), runtime, List.of(flat, x, sigma, label));
    }
  }

  private static dev.tessera.models.graph.Shape shape(long... sizes) {
    return dev.tessera.models.graph.Shape.of(sizes);
  }

  private interface Arguments {
    NDList in(NDManager manager);
  }

  private static List<float[]> stock(String file, Arguments arguments) throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optModelPath(folder.resolve(file))
            .optEngine("PyTorch")
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        Predictor<NDList, NDList> predictor = model.newPredictor();
        NDManager manager = NDManager.newBaseManager()) {
      return predict(predictor, arguments.in(manager));
    }
  }

  private static List<float[]> predict(Predictor<NDList, NDList> predictor, NDList arguments)
      throws TranslateException {
    return predictor.predict(arguments).stream().map(ExportJobTest::floats).toList();
  }

  @Test
  void bothOpenInPyTorch() throws Exception {
    Path script = folder.resolve("open.py");
    Files.writeString(
        script,
        """
        import sys, torch
        n = 5
        def values(count):
            return [float(v) for v in sys.argv[4].split(",")][:count]
        vqgan = torch.jit.load(sys.argv[1])
        pixels = torch.frombuffer(bytearray(open(sys.argv[3], "rb").read()), dtype=torch.uint8)
        codes = vqgan(pixels.reshape(n, 3, 16, 16))[0]
        print(",".join(str(c) for c in codes.flatten().tolist()))
        dit = torch.jit.load(sys.argv[2])
        x = torch.tensor(values(n * 64)).reshape(n, 4, 4, 4)
        y = dit(x, torch.tensor(values(n)), torch.tensor([0, 1, 2, 1, 0]))
        print(",".join(repr(v) for v in y.flatten().tolist()))
        """);
    Files.write(folder.resolve("pixels"), pixels());
    List<String> texts = new ArrayList<>();
    for (float value : values(BATCH * 64)) {
      texts.add(Float.toString(value));
    }
    List<String> lines =
        python(
            script.toString(),
            folder + "/vqgan.pt",
            folder + "/dit.pt",
            folder + "/pixels",
            String.join(",", texts));
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      assertThat(numbers(lines.get(0))).isEqualTo(tokenizerHere(runtime).get(0));
      same(numbers(lines.get(1)), denoiserHere(runtime).get(0));
    }
  }

  private static float[] numbers(String line) {
    String[] texts = line.split(",", -1);
    float[] values = new float[texts.length];
    for (int i = 0; i < texts.length; i++) {
      values[i] = Float.parseFloat(texts[i]);
    }
    return values;
  }

  private static List<String> python(String... arguments) throws Exception {
    String python = System.getenv().getOrDefault("TESSERA_PYTHON", "python3");
    Process probe = start(List.of(python, "-c", "import torch"));
    probe.getInputStream().readAllBytes();
    Assumptions.assumeTrue(
        probe.waitFor() == 0, python + " has no torch; set TESSERA_PYTHON to one that has");
    List<String> command = new ArrayList<>(List.of(python));
    command.addAll(List.of(arguments));
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().toList();
  }

  private static Process start(List<String> command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
