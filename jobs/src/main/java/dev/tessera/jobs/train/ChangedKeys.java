package dev.tessera.jobs.train;

import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.models.checkpoint.CheckpointManifest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a resumed run does otherwise than the part of it that made its checkpoint.
 *
 * @param now the recipe that it goes on with
 * @param changes each key with both values, in the recipe's order
 */
record ChangedKeys(Recipe now, Map<String, String> changes) {

  /** Of keys by how their paths begin, the first that fits; what is not here is not told. */
  private static final Map<String, String> MEANINGS = new LinkedHashMap<>();

  static {
    Map<String, String> m = MEANINGS;
    m.put(
        "schedule.images",
        "the run ends there, and whatever follows its length (cooldown, cosine rates, averages that"
            + " follow it) follows the new one from here on");
    m.put(
        "schedule.batch",
        "steps are of so many images from here on; images are the clock, so rates and averages go on"
            + " where they stand, and the learning rate is not scaled with it");
    m.put("schedule.seed", "another order of the data and other random numbers from here on");
    m.put(
        "schedule.shards",
        "the data are divided and summed otherwise from here on: not the bits of the run as it was");
    m.put("schedule.checkpoint-images", "checkpoints are written at other images from here on");
    m.put("schedule.precision", "arithmetic has another precision from here on");
    m.put("schedule.loss-scale", "how the scale moves; its value is the checkpoint's");
    m.put("schedule", "holds from here on");
    m.put("data", "another table is read from here on, in an order of its own");
    for (String key : List.of("path", "prediction", "preconditioning", "sigma-data")) {
      m.put(
          "model." + key,
          "the network's answers mean something else than what it has learnt: it has to learn again");
    }
    m.put("model.noise", "other noise levels are trained on from here on");
    m.put("model.loss", "something else is minimised from here on");
    for (String owner : List.of("model.optimizer", "model.adversary.optimizer")) {
      m.put(owner + ".learning-rate", "the rate from here on; moments are the checkpoint's");
      m.put(owner + ".rule", "the rule from here on, with the moments that the checkpoint has");
      m.put(owner, "holds from here on; moments are the checkpoint's");
    }
    m.put("model.ema", "averages go on from the checkpoint's and move by the new rule");
    m.put("model", "holds from here on");
    m.put(
        "ranks.allreduce", "sums are rounded otherwise from here on: tree and ring differ in bits");
    m.put("ranks.device", "another kind of device computes from here on: not the same bits");
  }

  static ChangedKeys between(Recipe then, Recipe now) {
    Map<String, String> was = RecipeWriter.keys(Recipe.class, then);
    Map<String, String> is = RecipeWriter.keys(Recipe.class, now);
    Map<String, String> changes = new LinkedHashMap<>();
    is.forEach(
        (key, value) -> {
          String before = was.getOrDefault(key, "not there");
          if (!before.equals(value)) {
            changes.put(key, before + " -> " + value);
          }
        });
    was.forEach(
        (key, value) -> {
          if (!is.containsKey(key)) {
            changes.put(key, value + " -> not there");
          }
        });
    return new ChangedKeys(now, changes);
  }

  /** One for each change that training feels, after one that introduces them; or none. */
  List<String> sentences(CheckpointManifest checkpoint) {
    List<String> told = new ArrayList<>();
    changes.forEach(
        (key, change) -> {
          String meaning = meaning(key);
          if (meaning != null) {
            told.add("  " + key + ": " + change + ": " + meaning);
          }
        });
    if (!told.isEmpty()) {
      told.add(
          0,
          String.format(
              Locale.ROOT,
              "going on after %,d images with a recipe that is not the checkpoint's:",
              checkpoint.imagesSeen()));
    }
    if (now.schedule().images() <= checkpoint.imagesSeen()) {
      told.add(
          String.format(
              Locale.ROOT,
              "the run has seen %,d images and schedule.images is %,d: nothing is left to train",
              checkpoint.imagesSeen(),
              now.schedule().images()));
    }
    return told;
  }

  private static String meaning(String key) {
    return MEANINGS.entrySet().stream()
        .filter(m -> key.equals(m.getKey()) || key.startsWith(m.getKey() + "."))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }
}
