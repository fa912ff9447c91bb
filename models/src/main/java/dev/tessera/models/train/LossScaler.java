package dev.tessera.models.train;

import dev.tessera.models.graph.Tensor;

/**
 * A group's loss scale within its update.
 *
 * @param vector float32 {@code [3]}, as {@link LossScale} keeps it; changed in place
 */
record LossScaler(Tensor vector, LossScaleRecipe recipe) {}
