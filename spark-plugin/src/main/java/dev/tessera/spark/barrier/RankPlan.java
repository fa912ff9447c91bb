package dev.tessera.spark.barrier;

import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.Serializable;

/** What the tasks of one attempt are sent. */
record RankPlan<R extends Serializable>(
    AttemptId attempt,
    int size,
    boolean gpu,
    Algorithm algorithm,
    TesseraSettings settings,
    RankTask<R> task)
    implements Serializable {}
