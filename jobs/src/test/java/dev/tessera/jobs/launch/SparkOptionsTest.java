package dev.tessera.jobs.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Spark's parser of its command line, whose class is not public, is the reference. */
class SparkOptionsTest {

  private static final String PARSER = "org.apache.spark.launcher.SparkSubmitOptionParser";

  /** Commands have these themselves, and the last is what Spark's scripts tell each other. */
  private static final List<String> NOT_PASSED =
      List.of("--help", "-h", "--version", "--usage-error");

  private static Set<String> names(String field) throws ReflectiveOperationException {
    Class<?> type = Class.forName(PARSER);
    Constructor<?> constructor = type.getDeclaredConstructor();
    constructor.setAccessible(true);
    Field lists = type.getDeclaredField(field);
    lists.setAccessible(true);
    Set<String> names = new TreeSet<>();
    for (String[] forms : (String[][]) lists.get(constructor.newInstance())) {
      names.addAll(Arrays.asList(forms));
    }
    return names;
  }

  @Test
  void optionsWithAValueAreSparks() throws Exception {
    assertThat(SparkOptions.VALUED.keySet()).isEqualTo(names("opts"));
  }

  @Test
  void switchesAreSparksButTheCommandsOwn() throws Exception {
    Set<String> switches = names("switches");
    assertThat(switches).containsAll(NOT_PASSED);
    switches.removeAll(NOT_PASSED);
    assertThat(SparkOptions.SWITCHES).isEqualTo(switches);
  }
}
