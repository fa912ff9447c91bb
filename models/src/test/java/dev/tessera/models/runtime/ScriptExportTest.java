package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScriptExportTest {

  private static final int BATCH = 4;

  @TempDir private Path folder;

  private final Scope scope = Scope.group("net");
  private final Parameter kernel =
      scope.matrix("kernel", Shape.of(6, 3, 3, 3), Initializer.fanIn(27));
  private final Parameter bias = scope.vector("bias", Shape.of(6), Initializer.ones());
  private final Parameter weight =
      scope.matrix("head.weight", Shape.of(2, 24), Initializer.fanIn(24));
  private final Layout layout = scope.layout();

  private Program network(int batch, boolean twoResults) {
    Trace trace = new Trace("network", Precision.FP32);
    Tensor flat = trace.input("parameters", DType.FLOAT32, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(batch, 3, 4, 4));
    Tensor sigma = trace.input("sigma", DType.FLOAT32, Shape.of(batch));
    trace.bind(layout, flat);
    Tensor h = x.conv2d(trace.weight(kernel), trace.weight(bias), 2, 1).silu();
    h = h.mul(sigma.reshape(batch, 1, 1, 1).expand(h.shape()));
    Tensor y = h.reshape(batch, 24).linear(trace.weight(weight), null).softmax(-1);
    return twoResults ? trace.finish(y, h) : trace.finish(y);
  }

  @Test
  void theFileServesAnyBatchInStockDjl() throws Exception {
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()))) {
      layout.initialize(3, flat.memory());
      Path file = folder.resolve("network.pt");
      export(file, network(BATCH, false), flat);
      Criteria<NDList, NDList> criteria =
          Criteria.builder()
              .setTypes(NDList.class, NDList.class)
              .optModelPath(file)
              .optEngine("PyTorch")
              .build();
      try (ZooModel<NDList, NDList> model = criteria.loadModel();
          Predictor<NDList, NDList> predictor = model.newPredictor();
          NDManager manager = NDManager.newBaseManager()) {
        for (int batch : new int[] {BATCH, 7, 1}) {
          float[] x = values(batch * 48);
          float[] sigma = values(batch);
          NDArray image = manager.create(x).reshape(batch, 3, 4, 4);
          NDList result = predictor.predict(new NDList(image, manager.create(sigma)));
          assertThat(result).hasSize(1);
          assertThat(result.get(0).getShape().getShape()).containsExactly(batch, 2);
          assertThat(result.get(0).toFloatArray()).isEqualTo(here(runtime, flat, batch, x, sigma));
        }
      }
    }
  }

  @Test
  void theFileServesAnyBatchInPyTorch() throws Exception {
    Python.assumeTorch();
    Path script = folder.resolve("open.py");
    try (InputStream in =
        ScriptExportTest.class.getResourceAsStream("/dev/tessera/models/open.py")) {
      Files.copy(in, script);
    }
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()))) {
      layout.initialize(3, flat.memory());
      Path file = folder.resolve("network.pt");
      export(file, network(BATCH, true), flat);
      int batch = 7;
      String[] lines = Python.run(script, file, batch).strip().split("\n", -1);
      assertThat(lines[0]).isEqualTo("parameters [" + layout.size() + "]");
      assertThat(lines[1]).isEqualTo("results [7, 2] [7, 6, 2, 2]");
      String[] printed = lines[2].split(" ", -1);
      float[] expected = here(runtime, flat, batch, values(batch * 48), values(batch));
      assertThat(printed).hasSameSizeAs(expected);
      for (int i = 0; i < expected.length; i++) {
        assertThat(Float.parseFloat(printed[i])).isCloseTo(expected[i], within(1e-6f));
      }
    }
  }

  @Test
  void wrongConstantsAreRefused() {
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(3))) {
      Program program = network(BATCH, false);
      OutputStream out = new ByteArrayOutputStream();
      assertThatThrownBy(() -> ScriptExport.write(out, program, Map.of("weights", flat)))
          .hasMessage("constants: weights (expected: an argument of program network)");
      assertThatThrownBy(() -> ScriptExport.write(out, program, Map.of("parameters", flat)))
          .hasMessage("constants: float32[3] as parameters (expected: float32[216])");
      Trace trace = new Trace("update", Precision.FP32);
      Tensor buffer = trace.input("buffer", DType.FLOAT32, Shape.of(3));
      Program update = trace.finish(buffer.addInPlace(buffer.exp(), 1));
      assertThatThrownBy(() -> ScriptExport.write(out, update, Map.of()))
          .hasMessage("program update changes its argument buffer and cannot be exported");
    }
  }

  private static void export(Path file, Program program, NativeTensor flat) throws Exception {
    try (OutputStream out = Files.newOutputStream(file)) {
      ScriptExport.write(out, program, Map.of("parameters", flat));
    }
  }

  private float[] here(
      TorchRuntime runtime, NativeTensor flat, int batch, float[] x, float[] sigma) {
    try (Executable executable = runtime.load(network(batch, false));
        NativeTensor image = runtime.zeros(DType.FLOAT32, Shape.of(batch, 3, 4, 4));
        NativeTensor level = runtime.zeros(DType.FLOAT32, Shape.of(batch))) {
      image.set(x);
      level.set(sigma);
      try (Results results = executable.run(flat, image, level)) {
        return results.get(0).toFloats();
      }
    }
  }

  private static float[] values(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (i * 37 % 101) / 50f - 1;
    }
    return values;
  }
}
