package dev.tessera.jobs.run;

/**
 * What one rank did, for the report.
 *
 * @param rank its number
 * @param host where its executor runs
 * @param pid of the executor's process
 * @param attempt of the gang, from 0
 * @param steps it took part in, in this attempt
 * @param images it computed gradients for, in this attempt
 * @param bytesSent payload it sent to its peers, in this attempt
 */
public record RankFacts(
    int rank, String host, long pid, int attempt, long steps, long images, long bytesSent) {

  public double bytesPerStep() {
    return steps == 0 ? 0 : (double) bytesSent / steps;
  }
}
