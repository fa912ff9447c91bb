/**
 * Which rows a step trains on, and where their bytes are: (seed, shard, images seen) to rows, and a
 * mapped cache of fixed-width columns that fills batches by copying memory.
 */
package dev.tessera.datasets.batch;
