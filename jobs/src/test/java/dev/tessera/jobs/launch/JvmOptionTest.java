package dev.tessera.jobs.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.util.Utils;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

class JvmOptionTest {

  /** As Spark splits an executor's options. */
  private static List<String> split(String options) {
    return CollectionConverters.asJava(Utils.splitCommandString(options));
  }

  @Test
  void sparkTakesAnyValueForOneWord() {
    for (String value :
        List.of("/tmp", "/a b/c", "/it's", "/say \"x\"", "/back\\slash", "/zo\u00eb", "/$HOME;x")) {
      assertThat(split("-Da=1 " + JvmOption.property("x.y", value) + " -Db=2"))
          .containsExactly("-Da=1", "-Dx.y=" + value, "-Db=2");
    }
    assertThat(JvmOption.property("x", "/plain/path-1.2")).isEqualTo("-Dx=/plain/path-1.2");
  }
}
