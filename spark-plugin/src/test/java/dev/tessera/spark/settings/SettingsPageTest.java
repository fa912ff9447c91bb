package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsPageTest {

  @Test
  void thePageListsEverySettingAsItIs() throws Exception {
    List<String> rows =
        Files.readAllLines(Path.of("..", "docs", "settings.md")).stream()
            .filter(line -> line.startsWith("| `"))
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(
            Arrays.stream(Setting.values()).map(SettingsPageTest::row).toList());
  }

  private static String row(Setting setting) {
    return "| `%s` | %s | %s |".formatted(setting.key(), setting.defaultValue(), setting.meaning());
  }
}
