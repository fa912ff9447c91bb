package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import org.junit.jupiter.api.Test;

class SparkReleaseTest {

  @Test
  void otherLinesAreRefusedInOneSentence() {
    for (String version : new String[] {"3.5.6", "4.0.1", "4.1.0", "5.0.0"}) {
      assertThatThrownBy(() -> SparkRelease.require(version))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("This is Spark " + version + ", and Tessera needs Spark 4.2: ");
    }
    assertThatCode(() -> SparkRelease.require("4.2.1")).doesNotThrowAnyException();
    assertThatCode(SparkRelease::require).doesNotThrowAnyException();
  }
}
