package dev.tessera.jobs.bench;

/**
 * What {@code bench evaluate} measures.
 *
 * @param pictures of a set
 * @param features of a picture; Inception has 2,048
 * @param threads of an operation
 * @param peerSeconds time that a peer is given
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record EvaluateBenchRecipe(
    int pictures, int features, int threads, int peerSeconds, String output) {

  public EvaluateBenchRecipe {
    atLeast("pictures", pictures, 2);
    atLeast("features", features, 1);
    atLeast("threads", threads, 1);
    atLeast("peer-seconds", peerSeconds, 1);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " or more)");
    }
  }

  public static EvaluateBenchRecipe defaults() {
    return new EvaluateBenchRecipe(50_000, 2048, 1, 900, "runs/bench/evaluate.json");
  }
}
