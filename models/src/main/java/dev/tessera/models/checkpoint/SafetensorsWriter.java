package dev.tessera.models.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tensors in the safetensors format: an 8-byte little-endian length, a JSON header, the
 * bytes of the tensors. Offsets are 64-bit, and memory goes to the channel in windows without a
 * copy.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
public final class SafetensorsWriter {

  /** Small enough that a window just checksummed is still in the processor's cache. */
  static final int WINDOW = 1 << 20;

  private SafetensorsWriter() {}

  /**
   * Writes one file; closing the channel is the caller's.
   *
   * @param metadata free strings, stored as {@code __metadata__}
   * @throws IllegalArgumentException if two tensors have one name or the header passes 100 MB
   */
  public static void write(
      WritableByteChannel channel, Map<String, String> metadata, List<NamedTensor> tensors)
      throws IOException {
    Map<String, TensorMemory> memory = new LinkedHashMap<>();
    tensors.forEach(tensor -> memory.put(tensor.name(), tensor.memory()));
    SafetensorsHeader header =
        SafetensorsHeader.layOut(metadata, tensors.stream().map(NamedTensor::spec).toList());
    byte[] json = header.toBytes();
    writeFully(
        channel,
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, json.length));
    writeFully(channel, ByteBuffer.wrap(json));
    for (String name : header.entries().keySet()) {
      write(channel, memory.get(name));
    }
  }

  private static void write(WritableByteChannel channel, TensorMemory memory) throws IOException {
    for (long at = 0; at < memory.bytes(); at += WINDOW) {
      writeFully(channel, memory.view(at, (int) Math.min(WINDOW, memory.bytes() - at)));
    }
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
