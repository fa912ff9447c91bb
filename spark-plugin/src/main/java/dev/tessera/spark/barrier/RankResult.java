package dev.tessera.spark.barrier;

import java.io.Serializable;

/** What a rank leaves behind. */
record RankResult<R extends Serializable>(int rank, R value) implements Serializable {}
