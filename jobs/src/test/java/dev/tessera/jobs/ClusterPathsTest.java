package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A driver on the cluster looks again: spark-submit alone does not. */
class ClusterPathsTest {

  @BeforeEach
  void onTheCluster() {
    System.setProperty("spark.submit.deployMode", "cluster");
  }

  @AfterEach
  void nowhere() {
    System.clearProperty("spark.submit.deployMode");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ingest --input icons:?count=9 --output x",
        "ingest --input hdfs://h/a --input x --output hdfs://h/b",
        "tokenize --checkpoint x --input hdfs://h/a --output hdfs://h/b",
        "sample --checkpoint hdfs://h/r --output hdfs://h/b guide=x",
        "evaluate --input hdfs://h/a --save-statistics x",
        "likelihood --checkpoint hdfs://h/a --input x",
        "ema --run x --deviation 0.1",
        "export --checkpoint hdfs://h/a --output x",
        "demo work=x"
      })
  void aRelativePathOfAnyCommandIsRefused(String words) {
    AtTheTerminal.Ended ended = AtTheTerminal.run(words.split(" "));

    assertThat(ended.error())
        .startsWith("tessera: With --deploy-mode cluster ")
        .containsPattern("own disk for [a-z-]+[ =]x: name places on hdfs:");
    assertThat(ended.code()).isEqualTo(2);
  }

  @Test
  void helpIsGivenAnywhere() {
    assertThat(AtTheTerminal.run("demo", "--help").code()).isZero();
  }

  /** So that no option of a path is left out. */
  @Test
  void everyOptionOfTextIsAPathOrKnownToBeNone() {
    List<String> others = new ArrayList<>();
    collect(Tessera.commands(), others);

    assertThat(others)
        .containsOnly(
            "--class",
            "--include",
            "--exclude",
            "--heldout-files",
            // Of bench and verify, which need no cluster; --path is one between distributions.
            "--peer-precision",
            "--only",
            "--without",
            "--law",
            "--sampler",
            "--grid",
            "--path",
            "--algorithm");
  }

  private static void collect(CommandSpec command, List<String> others) {
    for (OptionSpec option : command.options()) {
      boolean text =
          option.type() == String.class
              || option.typeInfo().getActualGenericTypeArguments().contains("java.lang.String");
      if (text && !ClusterPaths.LABELS.contains(option.paramLabel())) {
        others.add(option.longestName());
      }
    }
    command.subcommands().values().forEach(below -> collect(below.getCommandSpec(), others));
  }
}
