package dev.tessera.spark.ui;

/** The driver's running job as JMX sees it: {@code dev.tessera:type=Run}. */
public interface RunMXBean {

  String getName();

  int getAttempt();

  int getRanks();

  long getStep();

  /** Images seen by the model since the run began, attempts included. */
  long getImages();

  double getImagesPerSecond();

  double getLoss();
}
