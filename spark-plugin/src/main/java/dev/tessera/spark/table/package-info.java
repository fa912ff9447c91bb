/** Writes and reads the tables of {@code dev.tessera.datasets.table} in Spark jobs. */
package dev.tessera.spark.table;
