package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import org.junit.jupiter.api.Test;

class SparkReleaseTest {

  @Test
  void otherLinesAreRefusedInOneSentence() {
    for (String version :
        new String[] {"3.5.6", "4.0.1", "4.1.0", "4.20.0", "4.1.4-4.2", "5.0.0"}) {
      assertThatThrownBy(() -> SparkRelease.require(version))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("This is Spark " + version + ", and Tessera needs Spark 4.2: ");
    }
    for (String version :
        new String[] {"4.2.1", "4.2.0-amzn-0", "4.2.0.3.5.7-90", "4.2-SNAPSHOT"}) {
      assertThatCode(() -> SparkRelease.require(version)).doesNotThrowAnyException();
    }
    assertThatCode(SparkRelease::require).doesNotThrowAnyException();
  }
}
