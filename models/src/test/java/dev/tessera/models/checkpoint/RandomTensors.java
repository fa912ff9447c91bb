package dev.tessera.models.checkpoint;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Seeded tensors of every type, with extents of 0, 1 and odd numbers. */
final class RandomTensors {

  private static final List<DType> DTYPES = List.of(DType.values());
  private static final long[] EXTENTS = {0, 1, 1, 2, 3, 5, 7, 17, 31};

  private RandomTensors() {}

  static List<NamedTensor> draw(Random random, String prefix, int count) {
    List<NamedTensor> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      DType dtype = DTYPES.get(random.nextInt(DTYPES.size()));
      long[] shape = new long[random.nextInt(4)];
      for (int d = 0; d < shape.length; d++) {
        shape[d] = EXTENTS[random.nextInt(EXTENTS.length)];
      }
      tensors.add(draw(random, TensorSpec.of(prefix + "/block." + i + ".ü\"weight", dtype, shape)));
    }
    return tensors;
  }

  static NamedTensor draw(Random random, TensorSpec spec) {
    byte[] bytes = new byte[(int) spec.bytes()];
    random.nextBytes(bytes);
    if (spec.dtype() == DType.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    return new NamedTensor(spec, TensorMemory.of(memory));
  }

  static List<NamedTensor> blank(List<NamedTensor> like) {
    return like.stream()
        .map(
            tensor ->
                new NamedTensor(
                    tensor.spec(),
                    TensorMemory.of(ByteBuffer.allocateDirect((int) tensor.spec().bytes()))))
        .toList();
  }

  static byte[] bytes(NamedTensor tensor) {
    byte[] bytes = new byte[(int) tensor.memory().bytes()];
    tensor.memory().view(0, bytes.length).get(bytes);
    return bytes;
  }

  static CheckpointContent content(long imagesSeen, long seed) {
    Random random = new Random(seed);
    return new CheckpointContent(
        imagesSeen,
        imagesSeen / 8,
        1,
        new ModelIdentity("abc", "model:\n  heads: 4\n"),
        Map.of("images", imagesSeen, "updates/generator", (1L << 53) + 1),
        List.of(
            new TensorFile("parameters.safetensors", draw(random, "generator", 9)),
            new TensorFile("empty.safetensors", List.of()),
            new TensorFile("optimizer.safetensors", draw(random, "exp_avg", 5))));
  }

  static List<NamedTensor> all(CheckpointContent content) {
    return content.files().stream().flatMap(file -> file.tensors().stream()).toList();
  }
}
