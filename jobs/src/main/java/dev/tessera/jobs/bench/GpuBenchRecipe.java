package dev.tessera.jobs.bench;

import java.util.List;

/**
 * What {@code bench gpu} measures, in order of importance.
 *
 * @param works each a benchmark of its own
 */
public record GpuBenchRecipe(List<Work> works) {

  public GpuBenchRecipe {
    works = List.copyOf(works);
  }

  /**
   * One benchmark.
   *
   * @param name of its files and of {@code --only}
   * @param title in the table
   * @param command what follows {@code bench}, in words divided by blanks
   * @param limit seconds it may take
   * @param bars what its ratios are held to
   */
  public record Work(String name, String title, String command, int limit, List<Bar> bars) {
    public Work {
      bars = List.copyOf(bars);
      if (command.isBlank()) {
        throw new IllegalArgumentException("command: empty (expected: what follows bench)");
      }
      if (limit < 1) {
        throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
      }
    }

    /** The command's words. */
    List<String> words() {
      return List.of(command.strip().split("\\s+"));
    }
  }

  /**
   * What a ratio is held to.
   *
   * @param row of the benchmark's results, counted from 0
   * @param peer with which ours is compared
   * @param atLeast the peer's time over ours
   */
  public record Bar(int row, String peer, double atLeast) {
    public Bar {
      if (row < 0) {
        throw new IllegalArgumentException("row: " + row + " (expected: 0 or more)");
      }
    }

    public static Bar defaults() {
      return new Bar(0, "eager", 1);
    }
  }
}
