/**
 * Expressions that are one operator of our own where a program is for GPUs and the kernel takes the
 * sizes, and ATen's operations everywhere else: the same numbers to rounding. What each operator
 * computes, and its kernels, stand in {@code dev.tessera.models.kernel}; here are its types, its
 * cost and its derivative, another operator.
 */
package dev.tessera.models.fused;
