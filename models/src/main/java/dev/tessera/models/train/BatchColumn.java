package dev.tessera.models.train;

import dev.tessera.models.graph.TensorType;

/**
 * A column of a shard's batch.
 *
 * @param name of the table's column that it is read from
 * @param type with the shard's batch size leading
 */
public record BatchColumn(String name, TensorType type) {}
