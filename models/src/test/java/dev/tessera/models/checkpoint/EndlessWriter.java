package dev.tessera.models.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A process that writes checkpoints until it is killed, printing the images seen of each one done:
 * {@code EndlessWriter ROOT FIRST PUBLICATION}.
 */
final class EndlessWriter {

  static final ModelIdentity MODEL = new ModelIdentity("f", "");
  static final int FILES = 3;
  static final int LONGS = 1 << 18;

  private EndlessWriter() {}

  public static void main(String[] args) throws IOException {
    FileSystem local = FileSystem.getLocal(new Configuration());
    CheckpointStore store =
        new CheckpointStore(local, new Path(args[0]), Publication.valueOf(args[2]));
    for (long imagesSeen = Long.parseLong(args[1]); ; imagesSeen++) {
      store.write(content(imagesSeen));
      System.out.println(imagesSeen);
      store.keepLast(3);
    }
  }

  /** Every value is the images seen: a mixture of two checkpoints would show. */
  static CheckpointContent content(long imagesSeen) {
    List<TensorFile> files =
        IntStream.range(0, FILES)
            .mapToObj(
                i ->
                    new TensorFile(
                        "part" + i + ".safetensors", List.of(slow(tensor("t" + i, imagesSeen)))))
            .toList();
    return new CheckpointContent(imagesSeen, imagesSeen, 0, MODEL, Map.of(), files);
  }

  static NamedTensor tensor(String name, long value) {
    ByteBuffer memory = ByteBuffer.allocateDirect(LONGS * 8);
    for (int i = 0; i < LONGS; i++) {
      memory.putLong(i * 8, value);
    }
    return NamedTensor.of(name, DType.I64, memory, LONGS);
  }

  /** Takes its time, so that most of the process's life is spent within a write. */
  private static NamedTensor slow(NamedTensor tensor) {
    return new NamedTensor(tensor.spec(), new SlowMemory(tensor.memory()));
  }

  private record SlowMemory(TensorMemory memory) implements TensorMemory {
    @Override
    public long bytes() {
      return memory.bytes();
    }

    @Override
    public ByteBuffer view(long offset, int length) {
      LockSupport.parkNanos(10_000_000);
      return memory.view(offset, length);
    }
  }
}
