package dev.tessera.models.checkpoint;

import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.SafetensorsHeader.Entry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An open safetensors file: its header, checked whole when it is opened, and tensors by name, whole
 * or in part, read straight into the caller's memory.
 */
public final class SafetensorsReader implements Closeable {

  private static final int WINDOW = 8 << 20;

  private final FileSource source;
  private final SafetensorsHeader header;
  private final long dataStart;

  private SafetensorsReader(FileSource source, SafetensorsHeader header, long dataStart) {
    this.source = source;
    this.header = header;
    this.dataStart = dataStart;
  }

  /**
   * @throws UserException if the file is missing, truncated or not a valid safetensors file; the
   *     message names the file and the tensor
   */
  public static SafetensorsReader open(FileSystem fs, Path file) throws IOException {
    FileSource source = new CheckpointFiles(fs).open(file);
    try {
      return open(source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  static SafetensorsReader open(FileSource source) throws IOException {
    if (source.length() < Long.BYTES) {
      throw invalid(source, "it has " + source.length() + " bytes, too few for a header");
    }
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.readFully(0, length);
    long headerBytes = length.getLong(0);
    long rest = source.length() - Long.BYTES;
    if (headerBytes < 0 || headerBytes > SafetensorsHeader.MAX_BYTES) {
      throw invalid(
          source, "its header is too large, " + Long.toUnsignedString(headerBytes) + " bytes");
    }
    if (headerBytes > rest) {
      throw invalid(source, "it is truncated within its header of " + headerBytes + " bytes");
    }
    byte[] json = new byte[(int) headerBytes];
    source.readFully(Long.BYTES, ByteBuffer.wrap(json));
    SafetensorsHeader header =
        new SafetensorsHeaderParser(source.name()).parse(json, rest - headerBytes);
    return new SafetensorsReader(source, header, Long.BYTES + headerBytes);
  }

  /** The writer's free strings. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /** What the file holds, in the order of the bytes. */
  public Collection<TensorSpec> tensors() {
    return header.entries().values().stream().map(Entry::spec).toList();
  }

  /**
   * @throws UserException if the file has no such tensor
   */
  public TensorSpec spec(String name) {
    return entry(name).spec();
  }

  /** Reads all bytes of a tensor into memory of the same size. */
  public void read(String name, TensorMemory target) throws IOException {
    long bytes = entry(name).spec().bytes();
    if (target.bytes() != bytes) {
      throw new IllegalArgumentException(
          "target: " + target.bytes() + " bytes (expected: " + bytes + " for " + name + ")");
    }
    for (long at = 0; at < bytes; at += WINDOW) {
      read(name, at, target.view(at, (int) Math.min(WINDOW, bytes - at)));
    }
  }

  /** Fills the rest of {@code target} with bytes of a tensor that begin at {@code firstByte}. */
  public void read(String name, long firstByte, ByteBuffer target) throws IOException {
    Entry entry = entry(name);
    Objects.checkFromIndexSize(firstByte, (long) target.remaining(), entry.spec().bytes());
    source.readFully(dataStart + entry.begin() + firstByte, target);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  private Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new UserException(source.name() + " has no tensor '" + name + "'");
    }
    return entry;
  }

  private static UserException invalid(FileSource source, String what) {
    return new UserException(
        "Invalid safetensors file " + source.name() + ": " + what + "; restore it from its source");
  }
}
