package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsRoundTripTest {

  @TempDir java.nio.file.Path folder;

  @Test
  void tensorsOfAnyTypeAndShapeComeBack() throws IOException {
    LocalFileSystem local = FileSystem.getLocal(new Configuration());
    FileSystem other = new FilterFileSystem(local.getRawFileSystem());
    for (int seed = 0; seed < 200; seed++) {
      List<NamedTensor> tensors = RandomTensors.draw(new Random(seed), "net", seed % 12);
      Path file = new Path(folder.toUri().getPath(), "t" + seed + ".safetensors");
      FileSystem fs = seed % 2 == 0 ? local : other;
      try (WritableByteChannel channel = new CheckpointFiles(fs).create(file)) {
        SafetensorsWriter.write(channel, Map.of("seed", "" + seed), tensors);
      }
      assertReadsBack(fs, file, tensors);
      try (SafetensorsReader reader = SafetensorsReader.open(fs, file)) {
        assertThat(reader.metadata()).containsExactly(Map.entry("seed", "" + seed));
      }
    }
  }

  private static void assertReadsBack(FileSystem fs, Path file, List<NamedTensor> tensors)
      throws IOException {
    Random random = new Random(1);
    try (SafetensorsReader reader = SafetensorsReader.open(fs, file)) {
      assertThat(reader.tensors())
          .containsExactlyInAnyOrderElementsOf(tensors.stream().map(NamedTensor::spec).toList());
      for (NamedTensor tensor : tensors) {
        byte[] expected = RandomTensors.bytes(tensor);
        ByteBuffer whole = ByteBuffer.allocateDirect(expected.length);
        reader.read(tensor.name(), TensorMemory.of(whole));
        assertThat(whole).isEqualTo(ByteBuffer.wrap(expected));
        int from = random.nextInt(expected.length + 1);
        int count = random.nextInt(expected.length - from + 1);
        ByteBuffer part = ByteBuffer.allocate(count);
        reader.read(tensor.name(), from, part);
        assertThat(part.flip()).isEqualTo(ByteBuffer.wrap(expected, from, count));
      }
    }
  }

  @Test
  void everyTensorIsAlignedToItsType() throws IOException {
    List<NamedTensor> tensors = RandomTensors.draw(new Random(5), "net", 40);
    java.nio.file.Path file = write(tensors);
    long header =
        ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertThat(header % 8).isZero();
    SafetensorsHeader layout =
        SafetensorsHeader.layOut(Map.of(), tensors.stream().map(NamedTensor::spec).toList());
    assertThat(layout.entries().values())
        .allSatisfy(entry -> assertThat(entry.begin() % entry.spec().dtype().bytes()).isZero());
  }

  @Test
  void aTensorOfMoreThanTwoGibibytesGoesThroughWindows() throws IOException {
    long bytes = (1L << 31) + 4 * 123_457;
    TensorMemory counting = new CountingMemory(bytes);
    SyntheticFile file = new SyntheticFile();
    SafetensorsWriter.write(
        file,
        Map.of(),
        List.of(
            new NamedTensor(TensorSpec.of("first", DType.U8, 3), new CountingMemory(3)),
            new NamedTensor(TensorSpec.of("big", DType.F32, bytes / 4), counting)));
    assertThat(file.length()).isGreaterThan(bytes);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.spec("big").shape()).containsExactly(bytes / 4);
      for (long at : new long[] {0, (1L << 31) - 5, bytes - 16}) {
        ByteBuffer part = ByteBuffer.allocate(16);
        reader.read("big", at, part);
        assertThat(part.flip()).isEqualTo(counting.view(at, 16));
      }
    }
  }

  @Test
  void twoTensorsOfOneNameAreRefused() {
    NamedTensor tensor = NamedTensor.of("a", DType.U8, ByteBuffer.allocate(1), 1);
    assertThatThrownBy(() -> write(List.of(tensor, tensor)))
        .hasMessage("tensors: 'a' twice (expected: unique names)");
  }

  @Test
  void memoryOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> NamedTensor.of("a", DType.F32, ByteBuffer.allocate(7), 2))
        .hasMessage("memory: 7 bytes (expected: 8 for a F32 [2])");
  }

  private java.nio.file.Path write(List<NamedTensor> tensors) throws IOException {
    java.nio.file.Path file = folder.resolve("t.safetensors");
    try (WritableByteChannel channel = new LocalFileSink(file)) {
      SafetensorsWriter.write(channel, Map.of(), tensors);
    }
    return file;
  }

  /** Eight bytes at multiple of 8 hold their own offset. */
  private record CountingMemory(long bytes) implements TensorMemory {
    @Override
    public ByteBuffer view(long offset, int length) {
      long first = offset / 8 * 8;
      ByteBuffer words = ByteBuffer.allocate((int) (offset - first) + length + 8);
      for (int i = 0; i + 8 <= words.capacity(); i += 8) {
        words.putLong(i, first + i);
      }
      return words.slice((int) (offset - first), length);
    }
  }

  /** Keeps the head of what is written and, beyond it, a few bytes around places of interest. */
  private static final class SyntheticFile implements WritableByteChannel, FileSource {
    private final ByteBuffer head = ByteBuffer.allocate(1 << 12);
    private long length;
    private final java.util.TreeMap<Long, byte[]> windows = new java.util.TreeMap<>();

    @Override
    public int write(ByteBuffer source) {
      int count = source.remaining();
      if (length + count <= head.capacity()) {
        head.put((int) length, source, source.position(), count);
      }
      byte[] edges = new byte[Math.min(count, 64)];
      source.duplicate().get(edges);
      windows.put(length, edges);
      byte[] end = new byte[Math.min(count, 64)];
      source.position(source.limit() - end.length);
      source.get(end);
      windows.put(length + count - end.length, end);
      length += count;
      return count;
    }

    @Override
    public void readFully(long position, ByteBuffer target) {
      for (long at = position; target.hasRemaining(); at++) {
        var window = windows.floorEntry(at);
        int within = (int) (at - window.getKey());
        if (within < window.getValue().length) {
          target.put(window.getValue()[within]);
        } else {
          target.put(head.get((int) at));
        }
      }
    }

    @Override
    public String name() {
      return "synthetic";
    }

    @Override
    public long length() {
      return length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
