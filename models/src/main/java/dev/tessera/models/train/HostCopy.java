package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.runtime.NativeTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A flat vector as the host sees it, parameter by parameter: its own memory on the CPU, a copy of a
 * GPU's.
 */
final class HostCopy {

  private final NativeTensor flat;
  private final Layout layout;
  private final Map<Layout.Slice, ByteBuffer> parts = new LinkedHashMap<>();

  private HostCopy(NativeTensor flat, Layout layout) {
    this.flat = flat;
    this.layout = layout;
  }

  /** Gives every vector its layout's first values, through one buffer of the largest parameter. */
  static void initialize(Layout layout, long seed, NativeTensor... vectors) {
    long largest = layout.slices().values().stream().mapToLong(Layout.Slice::size).max().orElse(0);
    ByteBuffer scratch = buffer(largest);
    for (Layout.Slice slice : layout.slices().values()) {
      layout.initialize(slice, seed, scratch);
      for (NativeTensor vector : vectors) {
        vector.upload(scratch, slice.offset(), slice.size());
      }
    }
  }

  private static ByteBuffer buffer(long elements) {
    return ByteBuffer.allocateDirect(Math.toIntExact(elements * Float.BYTES))
        .order(ByteOrder.nativeOrder());
  }

  /** Nothing is copied yet, and no memory taken. */
  static HostCopy of(NativeTensor flat, Layout layout) {
    return new HostCopy(flat, layout);
  }

  /** Brings what the device has to the host, before {@link #named} and {@link #upload}. */
  void download() {
    for (Layout.Slice slice : layout.slices().values()) {
      if (flat.onHost()) {
        parts.put(slice, flat.memory(slice.offset(), slice.size()));
      } else {
        ByteBuffer memory = parts.computeIfAbsent(slice, s -> buffer(s.size()));
        flat.download(memory, slice.offset(), slice.size());
      }
    }
  }

  /** Brings what the host has written to the device. */
  void upload() {
    if (!flat.onHost()) {
      parts.forEach((slice, memory) -> flat.upload(memory, slice.offset(), slice.size()));
    }
  }

  /** Views of the parts, their names after {@code prefix}. */
  List<NamedMemory> named(String prefix) {
    List<NamedMemory> all = new ArrayList<>();
    parts.forEach(
        (slice, memory) ->
            all.add(
                new NamedMemory(
                    prefix + slice.parameter().name(), slice.parameter().shape(), memory)));
    return all;
  }
}
