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

  /** No attempt on that executor can end otherwise. */
  @Test
  void aJavaThatIsTooOldIsNeverTriedAgain() {
    Throwable cause =
        new UnsupportedClassVersionError(
            "dev/tessera/X has been compiled by a more recent version of the Java Runtime (class"
                + " file version 61.0), this version only recognizes class file versions up to 55.0");
    assertThat(RankFailure.lasting(new RuntimeException("wrapped", cause)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("61.0")
        .hasMessageContaining("spark.executorEnv.JAVA_HOME");
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
