package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our files against the format's reference implementation, both ways. */
final class SafetensorsPythonTest {

  @TempDir java.nio.file.Path folder;

  @BeforeEach
  void requirePython() throws Exception {
    boolean found;
    try {
      found = python("import numpy, safetensors.numpy").startsWith("exit 0");
    } catch (IOException e) {
      found = false;
    }
    assumeTrue(found, "needs a Python with numpy and safetensors; name one with TESSERA_PYTHON");
  }

  @Test
  void pythonReadsWhatWeWrite() throws Exception {
    List<NamedTensor> tensors = RandomTensors.draw(new Random(1), "net", 60);
    write("ours.safetensors", tensors);
    String seen =
        python(
            """
            import sys, zlib, safetensors
            sys.stdout.reconfigure(encoding="utf-8")
            for name, t in safetensors.deserialize(open("ours.safetensors", "rb").read()):
                print(name, t["dtype"], list(t["shape"]), zlib.crc32(bytes(t["data"])))
            """);
    for (NamedTensor tensor : tensors) {
      java.util.zip.CRC32 crc = new java.util.zip.CRC32();
      crc.update(RandomTensors.bytes(tensor));
      assertThat(seen)
          .contains("\n" + tensor.name() + " " + tensor.spec().describe() + " " + crc.getValue());
    }
  }

  @Test
  void numpySeesTheSameValues() throws Exception {
    ByteBuffer floats = ByteBuffer.allocateDirect(48).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 12; i++) {
      floats.putFloat(i * 0.5f);
    }
    write("ours.safetensors", List.of(NamedTensor.of("w", DType.F32, floats.flip(), 3, 4)));
    assertThat(
            python(
                """
                import safetensors
                with safetensors.safe_open("ours.safetensors", "np") as f:
                    print(f.metadata(), f.get_tensor("w").tolist())
                """))
        .isEqualTo(
            "exit 0\n{'format': 'pt'} [[0.0, 0.5, 1.0, 1.5], [2.0, 2.5, 3.0, 3.5],"
                + " [4.0, 4.5, 5.0, 5.5]]\n");
  }

  @Test
  void weReadWhatPythonWrites() throws Exception {
    assertThat(
            python(
                """
                import numpy as np, safetensors.numpy
                safetensors.numpy.save_file({
                    "f64": np.arange(6, dtype=np.float64).reshape(2, 3),
                    "bool": np.array([True, False, True]),
                    "half": np.array([[1.5]], dtype=np.float16),
                    "scalar": np.array(7, dtype=np.int64),
                    "none": np.zeros((3, 0), dtype=np.int32),
                }, "theirs.safetensors", {"by": "python"})
                """))
        .isEqualTo("exit 0\n");
    try (SafetensorsReader reader =
        SafetensorsReader.open(
            FileSystem.getLocal(new Configuration()),
            new Path(folder.resolve("theirs.safetensors").toUri().getPath()))) {
      assertThat(reader.metadata()).containsExactly(Map.entry("by", "python"));
      assertThat(reader.tensors())
          .containsExactlyInAnyOrder(
              TensorSpec.of("f64", DType.F64, 2, 3),
              TensorSpec.of("bool", DType.BOOL, 3),
              TensorSpec.of("half", DType.F16, 1, 1),
              TensorSpec.of("scalar", DType.I64),
              TensorSpec.of("none", DType.I32, 3, 0));
      ByteBuffer last = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      reader.read("f64", 40, last);
      assertThat(last.getDouble(0)).isEqualTo(5);
      reader.read("scalar", 0, last.clear());
      assertThat(last.getLong(0)).isEqualTo(7);
    }
  }

  private void write(String name, List<NamedTensor> tensors) throws IOException {
    try (LocalFileSink sink = new LocalFileSink(folder.resolve(name))) {
      SafetensorsWriter.write(sink, Map.of("format", "pt"), tensors);
    }
  }

  /** Runs a script and returns its exit status and output. */
  private String python(String script) throws IOException, InterruptedException {
    String python =
        System.getProperty(
            "TESSERA_PYTHON", System.getenv().getOrDefault("TESSERA_PYTHON", "python3"));
    java.nio.file.Path file = Files.writeString(folder.resolve("script.py"), script);
    Process process =
        new ProcessBuilder(python, file.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return "exit " + process.waitFor() + "\n" + output;
  }
}
