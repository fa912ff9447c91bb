package dev.tessera.spark.inference;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long the stages of tasks were at work, in seconds summed over tasks. A stage that never waits
 * is what the job's speed depends on.
 *
 * @param task from the first row's reading to the last one's writing
 * @param workers time of the threads that decode and measure
 * @param read reading rows
 * @param decode decoding pictures, all threads
 * @param compute the device had a batch
 * @param measure comparing pictures, all threads
 * @param write writing rows, the mean of the threads
 */
public record StageTimes(
    double task,
    double workers,
    double read,
    double decode,
    double compute,
    double measure,
    double write)
    implements Serializable {

  /** Of several tasks. */
  public static StageTimes sum(List<StageTimes> all) {
    return all.stream().reduce(new StageTimes(0, 0, 0, 0, 0, 0, 0), StageTimes::plus);
  }

  private StageTimes plus(StageTimes other) {
    return new StageTimes(
        task + other.task,
        workers + other.workers,
        read + other.read,
        decode + other.decode,
        compute + other.compute,
        measure + other.measure,
        write + other.write);
  }

  /** The share of its time that each stage waited for another, 0 to 1, in the order of stages. */
  public Map<String, Double> waited() {
    Map<String, Double> shares = new LinkedHashMap<>();
    shares.put("read", 1 - read / task);
    shares.put("decode and measure", 1 - (decode + measure) / workers);
    shares.put("encode", 1 - compute / task);
    shares.put("write", 1 - write / task);
    return shares;
  }
}
