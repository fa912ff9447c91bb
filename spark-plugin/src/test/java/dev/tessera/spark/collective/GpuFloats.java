package dev.tessera.spark.collective;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.FloatMemory;

/** Floats on a rank's GPU. */
record GpuFloats(NativeTensor tensor) implements Floats {

  static GpuFloats of(TorchRuntime runtime, float... values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT32, Shape.of(values.length));
    if (values.length > 0) {
      tensor.set(values);
    }
    return new GpuFloats(tensor);
  }

  @Override
  public FloatMemory memory() {
    return new FloatMemory(tensor.address(), tensor.size(), tensor.device());
  }

  @Override
  public float[] values() {
    return tensor.size() == 0 ? new float[0] : tensor.toFloats();
  }

  @Override
  public void close() {
    tensor.close();
  }
}
