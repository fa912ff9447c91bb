/** Binds a rank's batches, the training loop, checkpoints and metrics. */
package dev.tessera.spark.training;
