package dev.tessera.models.train;

import dev.tessera.models.graph.Shape;
import java.nio.ByteBuffer;

/** A named float32 tensor of the training state: a view of its memory in native order. */
public record NamedMemory(String name, Shape shape, ByteBuffer memory) {}
