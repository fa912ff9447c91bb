package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionTest {

  private static final String PLUGIN = "dev.tessera.spark.TesseraPlugin";

  @AfterEach
  void forgetSettings() {
    System.clearProperty("spark.master");
    System.clearProperty("spark.app.name");
    System.clearProperty("spark.ui.enabled");
    System.clearProperty("spark.driver.host");
    System.clearProperty("spark.plugins");
  }

  /** Sessions that other classes of this JVM may have left would be taken for the new one. */
  @BeforeEach
  void endWhatIsLeft() {
    SparkSession.builder().master("local[1]").getOrCreate().stop();
  }

  @Test
  void aMasterThatDoesNotExistIsTheUsersMistake() {
    System.setProperty("spark.master", "nowhere://x");

    assertThatThrownBy(() -> Session.obtain("train", Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Spark does not start with --master nowhere://x: ");
  }

  @Test
  void aSessionThatIsThereIsUsedAndStays() throws Exception {
    System.setProperty("spark.master", "local[1]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.driver.host", "localhost");
    System.setProperty("spark.plugins", PLUGIN);
    // What spark-submit calls an application without a name is no name.
    System.setProperty("spark.app.name", "dev.tessera.jobs.Tessera");
    try (Session first = Session.obtain("ingest data/x", Map.of())) {
      assertThat(first.spark().sparkContext().appName()).isEqualTo("tessera ingest data/x");
      try (Session second = Session.obtain("train", Map.of())) {
        assertThat(second.spark().sparkContext()).isSameAs(first.spark().sparkContext());
      }
      assertThat(first.spark().sparkContext().isStopped()).isFalse();
    }
  }

  @Test
  void aSessionBegunWithoutThePluginIsRefusedAndStays() {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "localhost")
            .getOrCreate();
    try {
      assertThatThrownBy(() -> Session.obtain("train", Map.of()))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("was begun without spark.plugins=" + PLUGIN + ", which");
      assertThat(spark.range(3).count()).isEqualTo(3);
    } finally {
      spark.stop();
    }
  }

  @Test
  void jarsThatExecutorsDoNotGetAreNamedBesideThePlugin() {
    Path bundle = Path.of("/opt/t/tessera-1.jar");
    SparkConf conf = new SparkConf(false).setMaster("spark://h:1").set("spark.plugins", "my.Other");
    String plugins = "without spark.plugins=my.Other," + PLUGIN;
    String natives = "/opt/t/tessera-natives-cpu-1.jar";

    assertThatThrownBy(() -> SessionNeeds.check(conf, Optional.of(bundle)))
        .hasMessageContaining(plugins + " and spark.jars=" + bundle + "," + natives + ", which");
    conf.set("spark.jars", "hdfs://h/tessera-1.jar");
    assertThatThrownBy(() -> SessionNeeds.check(conf, Optional.of(bundle)))
        .hasMessageContaining(plugins + " and spark.jars=" + natives + ", which");
    conf.set("spark.executorEnv.PYTORCH_LIBRARY_PATH", "/opt/libtorch");
    assertThatThrownBy(() -> SessionNeeds.check(conf, Optional.of(bundle)))
        .hasMessageContaining(plugins + ", which");
    conf.set("spark.plugins", "my.Other, " + PLUGIN);
    SessionNeeds.check(conf, Optional.of(bundle));
    conf.set("spark.executor.extraJavaOptions", "-Xss4m -Dai.djl.offline=true");
    SessionNeeds.check(conf, Optional.of(bundle));
    conf.set("spark.executor.extraJavaOptions", "-Xss4m -Dai.djl.offline=false");
    assertThatThrownBy(() -> SessionNeeds.check(conf, Optional.of(bundle)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("with spark.executor.extraJavaOptions=-Dai.djl.offline=false, which");
  }

  @Test
  void whatTheUserSaidWinsAndTheRestIsOurs() throws Exception {
    System.setProperty("spark.master", "local[1]");
    System.setProperty("spark.app.name", "mine");
    Map<String, String> settings =
        Map.of(
            "spark.app.name",
            "ours",
            "spark.ui.enabled",
            "false",
            "spark.driver.host",
            "localhost");
    try (Session session = Session.obtain("train", settings)) {
      assertThat(session.spark().sparkContext().appName()).isEqualTo("mine");
      assertThat(session.spark().sparkContext().master()).isEqualTo("local[1]");
      assertThat(session.spark().sparkContext().uiWebUrl().isEmpty()).isTrue();
      assertThat(session.spark().conf().get("spark.ui.showConsoleProgress")).isEqualTo("false");
    }
  }
}
