package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.barrier.Slots;
import dev.tessera.spark.device.GpuSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of {@code conf/clusters}, as {@code --properties-file} reads them. */
class ClusterFilesTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("conf/clusters"))) {
      List<Path> found = files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
      assertThat(found).hasSizeGreaterThanOrEqualTo(2);
      return found;
    }
  }

  private static SparkConf conf(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    SparkConf conf = new SparkConf(false);
    properties.forEach((key, value) -> conf.set((String) key, ((String) value).strip()));
    return conf;
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileHasSlotsAndEachRankAnExecutorOfItsOwn(Path file) throws IOException {
    SparkConf conf = conf(file);
    Slots.of(conf).require(1);
    assertThat(Slots.of(conf).warning(8)).isEmpty();
    assertThat(TesseraSettings.from(conf)).isNotNull();
  }

  @Test
  void theGpuFileGivesEachExecutorOneGpuByScriptsThatAreThere() throws IOException {
    SparkConf conf = conf(ROOT.resolve("conf/clusters/gpu.conf"));
    GpuSettings.check(conf, true);
    conf.set("spark.master", "local-cluster[4,8,4096]");
    assertThat(Slots.of(conf).total()).hasValue(4);
    assertThat(Slots.of(conf).perExecutor()).hasValue(1);
    for (String key : List.of("executor", "worker")) {
      assertThat(conf.getInt("spark." + key + ".resource.gpu.amount", 0)).isEqualTo(1);
      Path script = ROOT.resolve(conf.get("spark." + key + ".resource.gpu.discoveryScript"));
      assertThat(script).isExecutable();
    }
  }
}
