package dev.tessera.spark.ui;

/**
 * How far a run is.
 *
 * @param images images seen by the model since the run began
 * @param loss the newest loss, NaN before the first step
 */
public record Progress(long step, long images, double imagesPerSecond, double loss) {}
