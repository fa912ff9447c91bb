package dev.tessera.jobs.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/** A recipe with a component of every kind, and random ones of it. */
record SampleRecipe(
    String name,
    long images,
    Precision precision,
    Network network,
    Optimizer optimizer,
    List<Integer> multipliers,
    List<Stage> stages,
    Map<String, Double> weights,
    Map<String, Network> heads,
    Optional<String> note,
    Optional<Optimizer> critic,
    Optional<Network> teacher) {

  enum Precision {
    FP32,
    BF16_MIXED
  }

  sealed interface Network permits DiT, UNet, Nested {}

  record DiT(int depth, boolean classConditional) implements Network {
    static DiT defaults() {
      return new DiT(12, true);
    }
  }

  record UNet(List<List<Integer>> channels, double dropout) implements Network {}

  sealed interface Nested extends Network permits Plain {}

  record Plain() implements Nested {}

  record Optimizer(double learningRate, double epsilon) {
    Optimizer {
      if (!(learningRate > 0)) {
        throw new IllegalArgumentException(
            "learningRate: " + learningRate + " (expected: above 0)");
      }
    }

    static Optimizer defaults() {
      return new Optimizer(1e-4, 1e-8);
    }
  }

  record Stage(String kind, Plain marker, List<Plain> markers) {}

  static SampleRecipe random(Random random) {
    return new SampleRecipe(
        text(random),
        random.nextLong(),
        Precision.values()[random.nextInt(2)],
        network(random),
        optimizer(random),
        random.ints(random.nextInt(4)).boxed().toList(),
        some(random, r -> new Stage(text(r), new Plain(), some(r, q -> new Plain()))),
        named(random, Random::nextGaussian),
        named(random, SampleRecipe::network),
        maybe(random, SampleRecipe::text),
        maybe(random, SampleRecipe::optimizer),
        maybe(random, SampleRecipe::network));
  }

  private static Network network(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new DiT(random.nextInt(), random.nextBoolean());
      case 1 -> new UNet(some(random, r -> some(r, Random::nextInt)), random.nextDouble() * 1e-5);
      default -> new Plain();
    };
  }

  private static Optimizer optimizer(Random random) {
    double exponent = random.nextInt(600) - 300;
    return new Optimizer(Math.pow(10, exponent) * (1 + random.nextDouble()), special(random));
  }

  private static double special(Random random) {
    double[] values = {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, 1e22, 5};
    return values[random.nextInt(values.length)];
  }

  private static String text(Random random) {
    String[] awkward = {
      "",
      "yes",
      "~",
      "null",
      "1e3",
      "007",
      "a: b",
      "- x",
      "#no",
      "a #b",
      "'",
      "\"",
      "{",
      "[a, b]",
      "line\nbreak\r\n",
      "tab\t",
      "hdfs://host/p",
      "\u00e9\u4e2d",
      "\ud83d\ude00",
      "\u0000\u0085",
      "\u2028",
      "\ufeff",
      " space ",
      "\\",
      "*a",
      "&a",
      "!t",
      "%",
      "@",
      "`",
      "?",
      "|",
      ">",
      "=",
      "<<"
    };
    String word = awkward[random.nextInt(awkward.length)];
    return random.nextBoolean() ? word : word + awkward[random.nextInt(awkward.length)];
  }

  private static <T> List<T> some(Random random, Function<Random, T> make) {
    List<T> items = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(make.apply(random));
    }
    return items;
  }

  private static <T> Map<String, T> named(Random random, Function<Random, T> make) {
    Map<String, T> entries = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      entries.put(text(random), make.apply(random));
    }
    return entries;
  }

  private static <T> Optional<T> maybe(Random random, Function<Random, T> make) {
    return random.nextBoolean() ? Optional.of(make.apply(random)) : Optional.empty();
  }
}
