package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionTest {

  @AfterEach
  void forgetSettings() {
    System.clearProperty("spark.master");
    System.clearProperty("spark.app.name");
    System.clearProperty("spark.ui.enabled");
    System.clearProperty("spark.driver.host");
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
