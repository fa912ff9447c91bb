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
          new NoSuchFieldError("x"),
          new AbstractMethodError("x"),
          new IncompatibleClassChangeError("x"),
          new NoClassDefFoundError("dev/tessera/models/X (wrong name: x)"),
          new ClassNotFoundException("picocli.CommandLine"),
          new ClassNotFoundException("org.yaml.snakeyaml.Yaml"),
          new ClassNotFoundException("com.fasterxml.jackson.core.X"),
          new ClassNotFoundException("ai.djl.Device")
        }) {
      assertThat(RankFailure.lasting(new RuntimeException("wrapped", cause)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(cause.getMessage())
          .hasMessageContaining("Spark 4.2")
          .hasMessageContaining("extraClassPath");
    }
    assertThat(RankFailure.lasting(new RuntimeException("a lost peer"))).isNull();
  }

  @Test
  void whatAnotherExecutorMayDoIsTriedAgain() {
    for (Throwable cause :
        new Throwable[] {
          new UnsatisfiedLinkError("libtorch.so: file too short"),
          new NoClassDefFoundError("Could not initialize class ai.djl.pytorch.jni.PyTorchLibrary"),
          new NoClassDefFoundError(),
          new ClassNotFoundException("some.Class"),
          new ClassNotFoundException("org.apache.sparkling.Water"),
          new ExceptionInInitializerError("x")
        }) {
      assertThat(RankFailure.lasting(new RuntimeException("wrapped", cause))).isNull();
    }
  }
}
