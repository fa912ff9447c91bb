package dev.tessera.models.train;

import dev.tessera.models.graph.Shape;
import java.nio.ByteBuffer;

/**
 * A named float32 tensor of the training state.
 *
 * @param name kind of vector and parameter, for instance {@code ema/denoiser/output.weight}
 * @param shape of the tensor
 * @param memory a view of its elements, row-major in native byte order: writing changes the state
 */
public record NamedMemory(String name, Shape shape, ByteBuffer memory) {}
