/** Trained models inside Spark tasks: encoding, decoding and sampling over partitions. */
package dev.tessera.spark.inference;
