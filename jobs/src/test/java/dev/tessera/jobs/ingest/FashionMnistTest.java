package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.datasets.table.Subset;
import dev.tessera.spark.table.TableFrames;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Fashion-MNIST as Debian packages it: 70,000 pictures, 7,000 of each class. */
class FashionMnistTest {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark();

  private static final Path DATA = Path.of("/usr/share/datasets/fashion-mnist");

  @TempDir private Path dir;

  @Test
  void readsTheTestSetOfDebiansPackage() {
    assumeTrue(
        Files.exists(DATA), "Fashion-MNIST is absent: apt-get install dataset-fashion-mnist");
    String out = dir.resolve("out").toString();
    IngestSummary summary =
        IngestJob.run(
            SPARK.session(),
            IngestRecipe.of(DATA.resolve("t10k-images-idx3-ubyte.gz").toString(), out));
    assertThat(summary.written()).isEqualTo(10_000);
    assertThat(summary.quarantined()).isZero();
    assertThat(summary.manifest().classNames()).hasSize(10);
    assertThat(summary.manifest().rows(Subset.HELDOUT)).isBetween(400L, 600L);
    assertThat(TableFrames.read(SPARK.session(), out).groupBy("label").count().collectAsList())
        .hasSize(10)
        .allMatch(row -> row.getLong(1) == 1_000);
  }
}
