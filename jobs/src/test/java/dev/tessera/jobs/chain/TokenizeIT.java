package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.table.CodeInfo;
import dev.tessera.datasets.table.LatentInfo;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Reconstruction;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.jobs.run.RunDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedChain.class)
class TokenizeIT {

  private final Chain chain;

  TokenizeIT(Chain chain) {
    this.chain = chain;
  }

  private record Content(
      String codes,
      String latents,
      CodeInfo codeInfo,
      LatentInfo latentInfo,
      Reconstruction reconstruction) {}

  private Content content(String tokens) {
    TableManifest codes = manifest(tokens + "/codes");
    TableManifest latents = manifest(tokens + "/latents");
    assertThat(codes.rows()).isEqualTo(latents.rows()).isEqualTo(480);
    assertThat(codes.reconstruction()).isEqualTo(latents.reconstruction());
    return new Content(
        codes.contentChecksum(),
        latents.contentChecksum(),
        codes.codes(),
        latents.latents(),
        codes.reconstruction());
  }

  private TableManifest manifest(String table) {
    return ManifestFile.read(chain.spark().sparkContext().hadoopConfiguration(), table);
  }

  @Test
  void contentAndMeasuresAreTheSameBitsHoweverTheWorkIsDivided() throws Exception {
    List<Content> contents = new ArrayList<>();
    RunDirectory tokenizer = chain.tokenizer();
    for (int partitions : new int[] {1, 3, 7}) {
      String output = chain.path("tokens-" + partitions).toString();
      int executors =
          Executors.during(
              chain.spark().sparkContext(),
              () -> chain.tokenize(tokenizer, chain.images(), output, partitions));
      assertThat(executors).isEqualTo(partitions == 1 ? 1 : 2);
      assertThat(manifest(output + "/codes").files()).hasSizeBetween(partitions, 2 * partitions);
      contents.add(content(output));
    }

    Content first = contents.get(0);
    assertThat(contents).containsOnly(first);
    assertThat(first.codeInfo().usage()).isBetween(1.0 / 32, 1.0);
    assertThat(first.codeInfo().perplexity()).isBetween(1.0, 32.0);
    assertThat(first.reconstruction().psnr()).isPositive();
    assertThat(first.reconstruction().heldoutPsnr()).isPositive();
    assertThat(first.latentInfo().std()).isPositive();
    assertThat(content(chain.tokens())).isEqualTo(first);
  }
}
