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
    try (SparkSession session = Session.obtain("train", settings)) {
      assertThat(session.sparkContext().appName()).isEqualTo("mine");
      assertThat(session.sparkContext().master()).isEqualTo("local[1]");
      assertThat(session.sparkContext().uiWebUrl().isEmpty()).isTrue();
      assertThat(session.conf().get("spark.ui.showConsoleProgress")).isEqualTo("false");
    }
  }
}
