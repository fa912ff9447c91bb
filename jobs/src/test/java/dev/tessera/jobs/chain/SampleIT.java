package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.jobs.sample.SampleSummary;
import dev.tessera.models.UserException;
import dev.tessera.spark.table.TableFrames;
import java.awt.image.BufferedImage;
import java.io.File;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedChain.class)
class SampleIT {

  private final Chain chain;

  SampleIT(Chain chain) {
    this.chain = chain;
  }

  private String checksum(String name, long seed, int partitions) {
    return chain
        .sample(chain.diffusion(), name, seed, Optional.empty(), partitions)
        .manifest()
        .contentChecksum();
  }

  @Test
  void theSameSeedDrawsTheSameBitsAtAnyNumberOfTasks() throws Exception {
    Set<String> checksums = new HashSet<>();
    for (int partitions : new int[] {1, 3, 5}) {
      checksums.add(checksum("samples-" + partitions, 9, partitions));
    }

    assertThat(checksums).hasSize(1);
    assertThat(checksum("samples-seed", 10, 3)).isNotIn(checksums);
    List<Row> labels = labels(chain.path("samples-3").toString());
    assertThat(labels).hasSize(3).allMatch(row -> row.getLong(1) == 10);
    BufferedImage grid = ImageIO.read(chain.path("samples-1/_grid.png").toFile());
    assertThat(grid.getWidth()).isGreaterThanOrEqualTo(10 * Chain.SIZE);
    assertThat(grid.getHeight()).isGreaterThanOrEqualTo(3 * Chain.SIZE);
  }

  @Test
  void aClassIsDrawnAlone() {
    SampleSummary faces =
        chain.sample(chain.diffusion(), "samples-face", 9, Optional.of("face"), 2);

    int face = faces.manifest().classNames().indexOf("face");
    assertThat(new File(faces.grid().replaceFirst("^file:", ""))).exists();
    assertThat(labels(faces.output()))
        .singleElement()
        .satisfies(row -> assertThat(row.getInt(0)).isEqualTo(face));
  }

  @Test
  void anUnknownClassIsRefusedBeforeAnythingIsDrawn() {
    assertThatThrownBy(
            () -> chain.sample(chain.diffusion(), "samples-dog", 9, Optional.of("dog"), 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--class: dog (expected: one of ")
        .hasMessageContaining("face");
    assertThat(chain.path("samples-dog")).doesNotExist();
  }

  private List<Row> labels(String table) {
    return TableFrames.read(chain.spark(), table).groupBy("label").count().collectAsList();
  }
}
