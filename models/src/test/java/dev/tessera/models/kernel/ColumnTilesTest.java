package dev.tessera.models.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ColumnTilesTest {

  @ParameterizedTest
  @CsvSource({
    "1, 1, 256, 1",
    "2, 2, 128, 1",
    "3, 4, 64, 1",
    "31, 32, 8, 1",
    "32, 32, 8, 1",
    "33, 32, 8, 2",
    "96, 32, 8, 3",
    "97, 32, 8, 4"
  })
  void tilesCoverAllColumnsWithAllThreads(int columns, int across, int down, int parts) {
    ColumnTiles tiles = ColumnTiles.of(columns, 256);
    assertThat(tiles).isEqualTo(new ColumnTiles(across, down, parts));
    assertThat(tiles.geometry(7)).isEqualTo(new Geometry(parts, 7, 1, across, down, 0));
  }
}
