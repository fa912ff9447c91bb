package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Python;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole networks against their authors' own code in PyTorch, with the same weights. Folders with
 * the repositories are named by the variables EDM_REPO (NVlabs/edm), EDM2_REPO (NVlabs/edm2) and
 * DIT_REPO (facebookresearch/DiT, which needs timm too).
 */
final class NetworksPythonTest {

  private static final BackboneShape SHAPE = BackboneShape.of(3, 8, 8, 4).withOutputs(5);

  @TempDir private Path folder;

  @Test
  void ddpmIsThatOfItsAuthors() throws Exception {
    agrees(
        "EDM_REPO",
        "ddpm",
        new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 2, List.of(8), 0.1),
        SHAPE.withAugment(9),
        config(8, 2, List.of(8)));
  }

  @Test
  void ncsnIsThatOfItsAuthors() throws Exception {
    Map<String, Object> config = config(8, 2, List.of(8));
    config.put("embedding_type", "fourier");
    config.put("encoder_type", "residual");
    config.put("resample_filter", List.of(1, 3, 3, 1));
    config.put("channel_mult_noise", 2);
    agrees(
        "EDM_REPO",
        "ncsn",
        new BackboneRecipe.NcsnPlusPlus(8, List.of(1, 2), 2, List.of(8), 0.1),
        SHAPE.withAugment(9),
        config);
  }

  @Test
  void admIsThatOfItsAuthors() throws Exception {
    agrees(
        "EDM_REPO",
        "adm",
        new BackboneRecipe.Adm(64, List.of(1, 2), 1, List.of(8), 64, 0.1),
        SHAPE.withAugment(9),
        config(64, 1, List.of(8)));
  }

  @Test
  void edm2IsThatOfItsAuthors() throws Exception {
    Map<String, Object> config = config(8, 2, List.of(4));
    config.put("channels_per_head", 4);
    agrees(
        "EDM2_REPO",
        "edm2",
        new BackboneRecipe.Edm2(8, List.of(1, 2), 2, List.of(4), 4, 0.1),
        BackboneShape.of(3, 8, 8, 4),
        config);
  }

  @Test
  void theTransformerIsThatOfItsAuthors() throws Exception {
    BackboneRecipe.Dit plain = new BackboneRecipe.Dit(2, 16, 3, 2);
    agrees(
        "DIT_REPO",
        "dit",
        new BackboneRecipe.Dit(
            2, 16, 3, 2, plain.norm(), plain.feedForward(), plain.positions(), plain.qkNorm(), 256),
        BackboneShape.of(3, 8, 8, 4).withOutputs(6),
        new LinkedHashMap<>(
            Map.of("patch_size", 2, "hidden_size", 16, "depth", 3, "num_heads", 2)));
  }

  private static Map<String, Object> config(int channels, int blocks, List<Integer> sides) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("model_channels", channels);
    config.put("channel_mult", List.of(1, 2));
    config.put("num_blocks", blocks);
    config.put("attn_resolutions", sides);
    return config;
  }

  /** The numbers of a file, and where each tensor begins. */
  private static final class Numbers {
    final List<double[]> values = new ArrayList<>();
    final Map<String, List<Object>> slices = new LinkedHashMap<>();
    int size;

    void add(String name, long[] shape, double[] added) {
      slices.put(name, List.of(size, shape));
      values.add(added);
      size += added.length;
    }

    void write(Path file) throws Exception {
      ByteBuffer bytes = ByteBuffer.allocate(size * Double.BYTES).order(ByteOrder.nativeOrder());
      for (double[] array : values) {
        for (double value : array) {
          bytes.putDouble(value);
        }
      }
      Files.write(file, bytes.array());
    }
  }

  private void agrees(
      String variable,
      String network,
      BackboneRecipe recipe,
      BackboneShape shape,
      Map<String, Object> config)
      throws Exception {
    Python.assumeTorch();
    String repository = System.getenv(variable);
    Assumptions.assumeTrue(repository != null, variable + " names no folder");
    Numbers numbers = new Numbers();
    Libtorch.useThreads(1);
    NetworkProbe net;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      net = new NetworkProbe(runtime, recipe, shape);
      net.layout()
          .slices()
          .forEach(
              (name, slice) ->
                  numbers.add(name, slice.parameter().shape().toArray(), net.get(name)));
      long n = NetworkProbe.N;
      numbers.add("x", new long[] {n, 3, 8, 8}, net.x());
      numbers.add("noise", new long[] {n}, net.noise());
      numbers.add("augment", new long[] {n, shape.augment()}, net.augment());
      numbers.add("y", new long[] {n, shape.outputs(), 8, 8}, net.forward());
      if (network.equals("ncsn")) {
        numbers.add("normal", new long[] {8}, fixed(runtime, 8, 0).get(0));
      } else if (network.equals("edm2")) {
        numbers.add("normal", new long[] {8}, fixed(runtime, 8, 1).get(0));
        numbers.add("uniform", new long[] {8}, fixed(runtime, 8, 2).get(1));
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("network", network);
    json.put("side", 8);
    json.put("classes", shape.classes());
    json.put("labels", net.labels());
    json.put("config", config);
    json.put("slices", numbers.slices);
    Path described = folder.resolve("network.json");
    new ObjectMapper().writeValue(described.toFile(), json);
    Path file = folder.resolve("numbers");
    numbers.write(file);
    Path script = folder.resolve("networks.py");
    try (InputStream in =
        NetworksPythonTest.class.getResourceAsStream("/dev/tessera/models/networks.py")) {
      Files.copy(in, script);
    }
    String[] lines = Python.run(script, described, file, repository).strip().split("\n", -1);
    // Their attention and norms are float32 within.
    assertThat(Double.parseDouble(lines[lines.length - 1])).isLessThan(1e-5);
  }

  /** Normal and uniform numbers that never change. */
  private static List<double[]> fixed(TorchRuntime runtime, int count, long draw) {
    Trace trace = new Trace("fixed", Precision.FP64);
    trace.input("none", DType.FLOAT64, Shape.of(1));
    Program program =
        trace.finish(
            trace.fixedNormal(draw, Shape.of(count)), trace.fixedUniform(draw, Shape.of(count)));
    try (Executable executable = runtime.load(program);
        NativeTensor none = runtime.zeros(DType.FLOAT64, Shape.of(1));
        Results results = executable.run(none)) {
      return List.of(results.get(0).toDoubles(), results.get(1).toDoubles());
    }
  }
}
