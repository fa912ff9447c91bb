/**
 * Operators of our own inside TorchScript programs, {@code ops.tessera.NAME}: a scalar reference
 * for tensors of the host, CUDA kernels for those of a GPU. Neither has a derivative that libtorch
 * knows of; the tracer calls the {@code _backward} operators.
 */
package dev.tessera.models.kernel;
