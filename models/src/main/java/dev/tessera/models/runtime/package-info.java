/** The process's libtorch and its GPUs: native tensors, programs that run, steps held as graphs. */
package dev.tessera.models.runtime;
