package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.runtime.NativeTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A flat vector as the host sees it, parameter by parameter: its own memory on the CPU, a copy of a
 * GPU's.
 */
final class HostCopy {

  /** Elements: 4 MiB. */
  private static final long PIECE = 1 << 20;

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

  /**
   * Shows every value in order, by the parameter's name and a piece of it at a time: its own memory
   * on the CPU; of a GPU's one buffer that every piece passes through, so that a look at a state
   * takes no memory of its size.
   */
  void read(BiConsumer<String, ByteBuffer> reader) {
    read(PIECE, reader);
  }

  void read(long piece, BiConsumer<String, ByteBuffer> reader) {
    ByteBuffer passage = flat.onHost() ? null : buffer(Math.min(piece, flat.size()));
    layout
        .slices()
        .values()
        .forEach(
            slice -> {
              for (long at = 0; at < slice.size(); at += piece) {
                long elements = Math.min(piece, slice.size() - at);
                reader.accept(
                    slice.parameter().name(), part(passage, slice.offset() + at, elements));
              }
            });
  }

  private ByteBuffer part(ByteBuffer passage, long first, long elements) {
    if (passage == null) {
      return flat.memory(first, elements);
    }
    passage.clear().limit(Math.toIntExact(elements * Float.BYTES));
    flat.download(passage, first, elements);
    return passage;
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
