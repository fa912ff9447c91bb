package dev.tessera.spark.inference;

import dev.tessera.models.IoFailure;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.ScriptModule;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Features by a user's network. */
final class ScriptFeatures implements FeatureExtractor {

  private final FeatureSource.Network network;
  private final ScriptModule module;
  private final Executable range;
  private final NativeTensor pictures;

  private ScriptFeatures(
      FeatureSource.Network network, ScriptModule module, Executable range, NativeTensor pictures) {
    this.network = network;
    this.module = module;
    this.range = range;
    this.pictures = pictures;
  }

  static ScriptFeatures load(
      TorchRuntime runtime, Configuration conf, FeatureSource.Network network, int batch, int size)
      throws IOException {
    Path path = new Path(network.file());
    ScriptModule module;
    try (InputStream file = path.getFileSystem(conf).open(path)) {
      module = runtime.script(file, network.file());
    } catch (IOException e) {
      throw IoFailure.of("Cannot read " + network.file() + ": " + e.getMessage(), e);
    }
    Shape shape = Shape.of(batch, 3, size, size);
    return new ScriptFeatures(
        network,
        module,
        runtime.load(program(network.range(), shape)),
        runtime.zeros(DType.UINT8, shape));
  }

  private static Program program(PixelRange range, Shape shape) {
    Trace trace = new Trace("range", Precision.FP32);
    Tensor pictures = trace.input("pictures", DType.UINT8, shape);
    return trace.finish(range.of(pictures.contiguous()));
  }

  @Override
  public float[] vectors(ByteBuffer given) {
    ByteBuffer source = ByteBuffer.allocateDirect(given.remaining());
    source.put(given.duplicate()).flip();
    pictures.upload(source, 0, source.remaining());
    try (Results ranged = range.run(pictures);
        NativeTensor vectors = module.vectors(ranged.get(0), network.flags())) {
      return vectors.toFloats();
    }
  }

  @Override
  public void close() {
    pictures.close();
    range.close();
    module.close();
  }
}
