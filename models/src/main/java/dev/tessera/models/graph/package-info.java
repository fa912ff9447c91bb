/**
 * Programs while they are written: tensors of known shapes, operations that say all that others ask
 * of them, and the gradient of a trace. A finished trace is a {@code Program}, text that libtorch
 * runs.
 */
package dev.tessera.models.graph;
