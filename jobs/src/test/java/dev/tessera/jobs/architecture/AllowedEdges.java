package dev.tessera.jobs.architecture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which package may use which. A new edge is a decision: add it here, in the change that needs it,
 * with a reason in its message. {@code docs/architecture.md} tells why the arrows go this way.
 */
final class AllowedEdges {

  /** Package, then the packages it may use; all below {@code dev.tessera}. */
  private static final String TABLE =
      """
      datasets             :
      datasets.image       :
      datasets.lease       : datasets
      datasets.table       : datasets datasets.lease
      datasets.source      : datasets datasets.image datasets.table
      datasets.batch       : datasets datasets.image datasets.table

      models               :
      models.graph.memory  :
      models.graph         : models.graph.memory
      models.graph.archive : models.graph
      models.checkpoint    : models
      models.structure     : models.graph
      models.evaluation    : models.graph models.runtime
      models.kernel        : models
      models.runtime       : models models.graph models.graph.archive models.kernel
      models.fused         : models.graph models.kernel
      models.nn            : models models.graph models.structure models.fused
      models.optimizer     : models models.graph models.fused
      models.train         : models models.graph models.structure models.graph.memory models.runtime models.optimizer models.checkpoint
      models.vqgan         : models models.graph models.structure models.nn models.optimizer models.train models.checkpoint
      models.diffusion.space   : models.graph
      models.diffusion.sampler : models models.graph models.runtime models.diffusion.space
      models.diffusion.law     : models.graph models.runtime models.diffusion.sampler
      models.diffusion     : models.graph models.structure models.nn models.optimizer models.train models.checkpoint models.diffusion.space
      models.diffusion.reference : models.graph models.runtime models.nn models.train models.diffusion models.diffusion.space
      models.diffusion.likelihood : models.graph models.runtime models.diffusion models.diffusion.space models.diffusion.sampler models.diffusion.law

      spark.ui             :
      spark.settings       : models
      spark.temporary      : datasets.batch models
      spark.device         : models models.runtime
      spark.collective     : models models.runtime models.train spark.settings
      spark.barrier        : datasets models models.runtime models.train spark.settings spark.device spark.collective spark.ui
      spark                : datasets.lease spark.settings spark.temporary spark.device spark.barrier spark.ui
      spark.table          : datasets datasets.lease datasets.table models
      spark.training       : datasets datasets.batch datasets.table models models.runtime models.train models.checkpoint models.vqgan models.diffusion models.evaluation spark.settings spark.barrier spark.table spark.inference
      spark.inference      : datasets datasets.batch datasets.table datasets.image models models.graph models.runtime models.checkpoint models.vqgan models.diffusion models.diffusion.sampler models.diffusion.likelihood models.evaluation spark.device spark.table

      jobs.config          : models
      jobs.run             : datasets datasets.lease models models.evaluation spark.settings
      jobs.doctor          : datasets.batch models models.runtime spark spark.settings spark.temporary spark.device spark.collective spark.barrier jobs.run
      jobs.ingest          : datasets datasets.image datasets.source datasets.table models spark.table jobs.config jobs.run
      jobs.tokenizer       : datasets datasets.table models models.graph models.checkpoint spark.table spark.inference jobs.config jobs.run jobs.train
      jobs.train           : datasets datasets.table models models.graph models.runtime models.train models.checkpoint models.diffusion models.diffusion.sampler models.vqgan spark.settings spark.barrier spark.table spark.training spark.inference spark.collective spark.device spark.ui jobs.config jobs.run
      jobs.sample          : datasets datasets.table datasets.image models models.checkpoint models.diffusion models.diffusion.sampler spark.table spark.inference jobs.config jobs.run jobs.train
      jobs.likelihood      : datasets datasets.table models models.checkpoint models.diffusion models.diffusion.space models.diffusion.likelihood spark.table spark.inference jobs.config jobs.run jobs.train
      jobs.average         : datasets.lease models models.checkpoint models.train spark.training jobs.run jobs.train
      jobs.gallery         : models models.graph models.runtime models.nn models.optimizer models.train models.diffusion models.diffusion.space models.diffusion.sampler models.evaluation jobs.config jobs.run
      jobs.verify          : models.graph models.runtime models.nn models.train models.diffusion models.diffusion.space models.diffusion.sampler models.diffusion.law models.diffusion.reference models.diffusion.likelihood spark.settings spark.collective jobs.config jobs.run jobs.gallery
      jobs.evaluate        : datasets datasets.image datasets.lease models models.checkpoint models.evaluation models.runtime spark.device spark.table spark.inference jobs.config jobs.run jobs.train
      jobs.export          : datasets.lease models models.graph models.runtime models.checkpoint models.train spark.inference jobs.run jobs.train
      jobs.plan            : datasets.table models.train spark.barrier jobs.config jobs.run jobs.train
      jobs.bench           : datasets.table models models.evaluation models.graph models.runtime models.nn models.optimizer models.train models.checkpoint models.diffusion models.diffusion.sampler models.vqgan spark.settings spark.device spark.barrier spark.collective spark.inference jobs.config jobs.run jobs.train jobs.tokenizer jobs.demo
      jobs.demo            : datasets.image datasets.table models models.evaluation jobs.config jobs.run jobs.ingest jobs.tokenizer jobs.train jobs.sample models.checkpoint models.runtime spark.inference
      jobs                 : datasets models spark.settings spark.temporary spark.barrier jobs.config jobs.run jobs.ingest jobs.tokenizer jobs.train jobs.sample jobs.likelihood jobs.evaluate jobs.average jobs.export jobs.verify jobs.plan jobs.doctor jobs.bench jobs.demo
      jobs.launch          : datasets.batch models spark.temporary jobs jobs.config
      """;

  /** Libraries that only some packages may use. */
  static final Map<String, List<String>> LIBRARIES =
      Map.of(
          "org.apache.spark", List.of("spark", "jobs"),
          "scala", List.of("spark", "jobs"),
          "picocli", List.of("jobs"),
          "ai.djl", List.of("models.runtime", "jobs.bench"),
          "com.fasterxml.jackson.dataformat.yaml", List.of("jobs.config"),
          "org.apache.parquet", List.of("datasets.table", "datasets.source"),
          "org.apache.arrow", List.of("datasets.batch"),
          "com.github.weisj.jsvg", List.of("datasets.source"));

  /** Names that say nothing about what is inside. */
  static final Pattern VAGUE =
      Pattern.compile("(?i)(util|utils|utilities|helper|helpers|common|misc|manager|managers)");

  private AllowedEdges() {}

  /** The table: what each package may use. */
  static Map<String, Set<String>> table() {
    Map<String, Set<String>> allowed = new LinkedHashMap<>();
    for (String row : TABLE.lines().filter(line -> !line.isBlank()).toList()) {
      String[] sides = row.split(":", 2);
      String used = sides[1].strip();
      Set<String> targets = used.isEmpty() ? Set.of() : Set.of(used.split(" +"));
      if (allowed.put(sides[0].strip(), new TreeSet<>(targets)) != null) {
        throw new IllegalStateException(sides[0].strip() + " has two rows");
      }
    }
    return allowed;
  }
}
