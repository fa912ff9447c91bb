package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.UserException;
import org.junit.jupiter.api.Test;

class RankFailureTest {

  @Test
  void aClassPathThatDoesNotFitIsNeverTriedAgain() {
    for (Throwable cause :
        new Throwable[] {
          new NoClassDefFoundError("org/apache/spark/TaskInterruptListener"),
          new NoSuchMethodError("void picocli.CommandLine.x()"),
          new ClassNotFoundException("some.Class")
        }) {
      assertThat(RankFailure.lasting(new RuntimeException("wrapped", cause)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(cause.getMessage())
          .hasMessageContaining("Spark 4.2")
          .hasMessageContaining("extraClassPath");
    }
    assertThat(RankFailure.lasting(new RuntimeException("a lost peer"))).isNull();
  }
}
