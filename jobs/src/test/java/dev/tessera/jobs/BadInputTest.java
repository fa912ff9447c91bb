package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tessera.jobs.run.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users get wrong, each through the real command: one sentence on standard error, exit code 2,
 * and every folder as it was.
 */
@ExtendWith(AtTheTerminal.class)
class BadInputTest {

  @TempDir private static Path folder;
  private static SmallChain chain;

  @BeforeAll
  static void makeAChainToBreak() throws Exception {
    chain = SmallChain.trained(folder);
    Files.createDirectory(folder.resolve("empty"));
    Files.writeString(folder.resolve("file"), "a file");
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    for (int i = 0; i < 16; i++) {
      byte[] rgb = new byte[8 * 8 * 3];
      Arrays.fill(rgb, (byte) (i * 16));
      Files.write(pictures.resolve(i + ".png"), new Grid(8, 8, 1, 1).png(List.of(rgb)));
    }
    String[] ingest = words("ingest --input @/pictures --output @/unlabelled size=8 heldout=0");
    assertThat(AtTheTerminal.run(ingest).code()).isZero();
    withProvenance("anonymous", "\"origin\"", chain.latents());
    withProvenance("orphan", "\"tokenizer\" : \"/gone\", \"was\"", chain.latents());
    withProvenance("foreign", "\"tokenizer\"", chain.latents());
    Path foreign = folder.resolve("foreign/_manifest.json");
    Files.writeString(
        foreign,
        Files.readString(foreign)
            .replaceFirst("\"tokenizer-checksum\" : \"", "\"tokenizer-checksum\" : \"0"));
    copy(Path.of(chain.tokenizerRun()), folder.resolve("damaged"));
    copy(Path.of(chain.tokenizerRun()), folder.resolve("emptied"));
    try (Stream<Path> paths = Files.walk(checkpoint("emptied"))) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    Path metrics = folder.resolve("emptied/metrics.jsonl");
    Files.writeString(
        metrics, Files.readString(metrics).replaceFirst("\"images\":16", "\"images\":4016"));
    Path weights = checkpoint("damaged").resolve("parameters.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
  }

  /** A table whose manifest has lost its tokenizer. */
  private static void withProvenance(String name, String key, String table) throws IOException {
    copy(Path.of(table), folder.resolve(name));
    try (Stream<Path> paths = Files.walk(folder.resolve(name).resolve("_tokenizer"))) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    Path manifest = folder.resolve(name).resolve("_manifest.json");
    String edited = Files.readString(manifest).replaceFirst("\"tokenizer\"", key);
    // As manifests of older releases: no checksum of their own.
    Files.writeString(manifest, edited.replaceFirst(",\\s*\"checksum\" : \"[^\"]*\"", ""));
  }

  private static Path checkpoint(String run) throws IOException {
    try (Stream<Path> paths = Files.list(folder.resolve(run).resolve("checkpoints"))) {
      return paths.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  /** {@code @} stands for the folder and {@code ~} for a space within a word. */
  private static String[] words(String command) {
    String[] words = command.replace("@", folder.toString()).split(" ");
    return Stream.of(words).map(word -> word.replace('~', ' ')).toArray(String[]::new);
  }

  static Stream<Arguments> mistakes() {
    List<Arguments> all = new ArrayList<>();
    Stream.of(
            pictures(),
            recipes(),
            shapes(),
            tables(),
            gangs(),
            resumed(),
            checkpoints(),
            measures())
        .forEach(all::addAll);
    return all.stream();
  }

  private static List<Arguments> pictures() {
    return List.of(
        arguments("ingest --input @/nothing --output @/new", "/nothing"),
        arguments("ingest --input @/empty --output @/new", "@/empty"),
        arguments("ingest --input @/pictures --output @/file/new", "@/file"),
        // Where nobody may make a folder, root included.
        arguments("ingest --input @/pictures --output /proc/x/y", "can be made in /proc): choose"),
        arguments("ingest --input @/pictures --output @/images size=8", "--overwrite"),
        arguments("ingest --input @/pictures --output @/runs --overwrite", "which no table has"),
        arguments("ingest --input @/pictures --output @/new size=2", "size: 2 (expected: 8 to"),
        arguments("ingest --input ftb://x/y --output @/new", "ftb"));
  }

  private static List<Arguments> recipes() {
    return List.of(
        arguments("train --config @/none.yaml", "none.yaml: no such recipe"),
        arguments("train --config @/vqgan.yaml", "run it by train-tokenizer"),
        arguments("train-tokenizer --config @/dit.yaml", "run it by train."),
        arguments("train --config @/dit.yaml model.backbone.hads=2", "did you mean heads?"),
        arguments("train --config @/dit.yaml model.flip=true", "model.flip: true (expected: false"),
        arguments(
            "plan --config @/dit.yaml model.sigma-data=0", "sigma-data: 0.0 (expected: above"),
        arguments(
            "train --config @/dit.yaml model.loss=sliced-score schedule.activations=recomputed",
            "activations recomputed (expected: kept, model.loss sliced-score"),
        arguments("train --config @/dit.yaml schedule.batch=many", "schedule.batch: many"),
        arguments("train --config @/dit.yaml schedule.batch=10", "schedule.shards: 4"),
        arguments("train --config @/dit.yaml schedule.precision=fp61", "nearest: fp16"),
        arguments("train --config @/dit.yaml schedule.precision=tf32", "needs ranks.device=gpu"),
        arguments("plan --config @/vqgan.yaml schedule.precision=tf32", "needs ranks.device=gpu"),
        arguments("train --config @/dit.yaml schedule.loss-scale.backoff=2", "backoff: 2.0"),
        arguments("train --config @/dit.yaml schedule.loss-scale.minimum=1e9", "initial: 65536.0"),
        arguments("train --config @/dit.yaml sampling.steps=0", "sampling.steps: 0"),
        arguments(
            "train --config @/dit.yaml sampling.sampler=reverse-diffusion sampling.grid=flow",
            "sampling: grid: a step from sigma"),
        arguments(
            "plan --config @/dit.yaml sampling.sampler=annealed-langevin sampling.sampler.steps=2"
                + " sampling.grid=ve sampling.grid.sigma-min=0.01 sampling.grid.sigma-max=50"
                + " sampling.steps=60",
            "sampling: steps: 2 a level (expected: more, or closer levels"),
        arguments("train --config @/dit.yaml name=../x", "name: ../x"));
  }

  private static List<Arguments> shapes() {
    String vqgan = "train-tokenizer --config @/vqgan.yaml ";
    String dit = "train --config @/dit.yaml model.backbone";
    return List.of(
        arguments(vqgan + "model.network.patch=3", "model.network.multipliers: [1, 2]"),
        arguments(vqgan + "model.network.multipliers=[1,1,1,1,1]", "levels that halve 16 x 16"),
        arguments(vqgan + "model.adversary.layers=6", "model.adversary.layers: 6"),
        arguments(dit + ".patch=3", "model.backbone.patch: 3 (expected: a divisor of 4 x 4)"),
        arguments(dit + ".heads=3", "model.backbone.width: 16 (expected: a multiple of 4 and"),
        arguments(dit + "={type:~unet,multipliers:~[1,1,1,1]}", "model.backbone.multipliers"),
        arguments(dit + "={type:~unet,channels:~8,heads:~0}", "model.backbone.heads: 0"),
        arguments(dit + "={type:~unet,channels:~8,heads:~3}", "model.backbone.channels: 8"));
  }

  private static List<Arguments> tables() {
    String dit = "train --config @/dit.yaml data=";
    return List.of(
        arguments(dit + "@/empty", "@/empty is not a complete table (it has no _manifest.json)"),
        arguments(dit + "no/table", "no/table does not exist (file:/"),
        arguments("plan --config @/dit.yaml data=no/table", "no/table): run the job that writes"),
        arguments(dit + "@/nothing", "@/nothing does not exist: run the job"),
        arguments(dit + "@/tokens/codes", "codes is a table of codes (expected"),
        arguments(dit + "@/unlabelled", "has no labels: set model.class-conditional=false"),
        arguments(dit + "@/anonymous", "does not say which tokenizer made it"),
        arguments(dit + "@/orphan", "/gone does not exist"),
        arguments(dit + "@/orphan", "say where it is now with tokenizer=RUN"),
        arguments(dit + "@/orphan tokenizer=@/no", "@/no does not exist"),
        arguments(
            dit + "@/foreign tokenizer=@/runs/0001-small-vqgan", "is not the tokenizer that made"),
        arguments("train-tokenizer --config @/vqgan.yaml data=" + chain.latents(), "of images"),
        arguments(
            "train-tokenizer --config @/vqgan.yaml schedule.shards=128 schedule.batch=128",
            "training rows for 128 shards"));
  }

  private static List<Arguments> gangs() {
    String dit = "train --config @/dit.yaml ";
    String two = "--config @/dit.yaml ranks.count=2 ";
    return List.of(
        arguments(dit + "ranks.count=4", "4 ranks need 4 task slots and there are 2"),
        arguments(dit + "ranks.count=3", "cannot share the recipe's 4 shards"),
        arguments(
            "train " + two + "ranks.device=gpu", "2 ranks on GPUs cannot share the one process"),
        arguments(
            "train " + two + "ranks.allreduce=nccl",
            "ranks.allreduce: nccl sums in the memory of GPUs"),
        arguments(dit + "output.runs=@/file/runs", "Cannot make a run directory in"),
        arguments("plan --config @/dit.yaml ranks.count=4", "task slots and there are 2"),
        arguments("plan " + two + "ranks.device=gpu", "cannot share the one process"));
  }

  private static List<Arguments> resumed() {
    String dit = "train --config @/dit.yaml output.resume=@/runs/0002-small-dit ";
    return List.of(
        arguments("train --config @/dit.yaml output.resume=@/empty", "not a run directory"),
        // The run is what is wrong, whatever its table.
        arguments(
            "train --config @/dit.yaml output.resume=@/no data=@/nothing",
            "@/no does not exist (expected: a run directory)"),
        arguments(dit + "model.backbone.heads=4", "with heads: 2 and not heads: 4"),
        arguments(dit + "model.backbone.depth=2", "with depth: 1 and not depth: 2"),
        arguments(dit + "schedule.precision=fp16", "trains in fp32 and not in fp16"),
        arguments(dit + "data=@/images", "trains another model, of other data"),
        arguments(
            "train-tokenizer --config @/vqgan.yaml output.resume=@/damaged",
            "no checkpoint of it can be read (step-000000000016: Damaged checkpoint file"),
        arguments(
            "train-tokenizer --config @/vqgan.yaml output.resume=@/emptied",
            "has trained on 4,016 images and no checkpoint of it can be read (none is there)"),
        arguments("train --config @/dit.yaml output.start-anew=true", "begins anew by itself"),
        arguments(
            "train --config @/dit.yaml output.resume=@/runs/0001-small-vqgan",
            "trains another model"));
  }

  private static List<Arguments> checkpoints() {
    String vqgan = chain.tokenizerRun();
    String dit = chain.diffusionRun();
    return List.of(
        arguments("tokenize --checkpoint " + dit + " --input @/images --output @/n", "tokenizer"),
        arguments(
            "tokenize --checkpoint " + vqgan + " --input @/unlabelled --output @/n", "size=16"),
        arguments("tokenize --checkpoint " + vqgan + " --input @/tokens/codes --output @/n", "im"),
        arguments("tokenize --checkpoint @/no --input @/images --output @/n", "@/no does not"),
        arguments("tokenize --checkpoint @/empty --input @/images --output @/n", "no complete"),
        arguments("tokenize --checkpoint @/damaged --input @/images --output @/n", "no complete"),
        arguments(
            "tokenize --checkpoint " + vqgan + " --input @/images --output @/tokens",
            "overwrite=true"),
        arguments(
            "tokenize --checkpoint " + vqgan + " --input @/images --output @/file/n", "@/file"),
        arguments("tokenize --checkpoint @/no --input @/i --output @/n batch=0", "batch: 0"),
        arguments("tokenize --checkpoint @/no --input @/i --output @/n measured=0", "measured: 0"),
        arguments("sample --checkpoint " + vqgan + " --output @/n", "of a diffusion model"),
        arguments("sample --checkpoint " + dit + " --output @/n --class cat", "flag, cloud"),
        arguments("sample --checkpoint " + dit + " --output @/n --count 0", "--count: 0"),
        arguments("sample --checkpoint " + dit + " --output @/n guidance=-1", "guidance: -1"),
        arguments("sample --checkpoint " + dit + " --output @/images", "overwrite=true"),
        arguments("export --checkpoint @/no --output @/n.pt", "@/no does not exist"),
        arguments("export --checkpoint " + dit + " --output @/file", "@/file exists"),
        arguments("export --checkpoint " + dit + " --output @/n/n.pt", "folder does not exist"));
  }

  private static List<Arguments> measures() {
    String images = "evaluate --input @/images ";
    String both = images + "--reference @/images ";
    return List.of(
        arguments("evaluate", "--input: missing (expected: a table of pictures"),
        arguments("evaluate --reference @/images", "--input: missing"),
        arguments(images, "Nothing can be measured of the pictures alone"),
        arguments(images + "--reference @/nothing", "@/nothing does not exist: run the job"),
        arguments(images + "--reference @/tokens/codes", "a table of images or samples)"),
        arguments(images + "--reference @/unlabelled", "holds pictures of 16 pixels and"),
        arguments(both + "--features @/none.pt", "@/none.pt is no file"),
        arguments(both + "--features @/empty", "@/empty is no file"),
        arguments(both + "--features @/file --tokenizer @/runs", "exclude each other"),
        arguments(both + "--reference-statistics @/file", "exclude each other"),
        arguments(both + "--tokenizer " + chain.diffusionRun(), "(expected: of a tokenizer)"),
        arguments(both + "--save-statistics @/n", "statistics of nothing"),
        arguments(both + "--features @/file --save-statistics @/file", "@/file exists"),
        arguments(both + "metrics=[frechett]", "nearest: frechet"),
        arguments(both + "metrics=[inception-score]", "(expected: --classifier FILE with it)"),
        arguments(both + "kept=1", "kept: 1 (expected: 2 or more)"),
        arguments(images + "--reference-statistics @/file", "needs the features that it was"),
        arguments(
            images + "--features @/file --reference-statistics @/file", "Invalid safetensors file"),
        arguments(
            images + "--features @/file --reference-statistics @/none", "@/none does not exist"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void aMistakeIsASentenceAndChangesNothing(String command, String told) throws Exception {
    List<String> before = chain.content();

    AtTheTerminal.Ended ended = AtTheTerminal.run(words(command));

    assertThat(ended.error())
        .startsWith("tessera: ")
        .contains(told.replace("@", folder.toString()));
    assertThat(ended.error().lines().count()).isLessThanOrEqualTo(2);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(chain.content()).isEqualTo(before);
  }

  @Test
  void aMovedTableBringsItsTokenizerAndAnOldOneIsToldWhereItIs() throws Exception {
    copy(Path.of(chain.latents()), folder.resolve("moved"));
    Path manifest = folder.resolve("moved/_manifest.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode tree =
        (ObjectNode)
            json.readTree(
                Files.readString(manifest)
                    .replaceFirst("\"tokenizer\" : \"", "\"tokenizer\" : \"/gone"));
    tree.remove("checksum"); // As of a table from before there was one.
    Files.writeString(manifest, json.writeValueAsString(tree));
    String train = "train --config @/dit.yaml output.runs=@/moved-runs data=";

    AtTheTerminal.Ended moved = AtTheTerminal.run(words(train + "@/moved"));
    assertThat(moved.code()).as(moved.error()).isZero();
    AtTheTerminal.Ended told =
        AtTheTerminal.run(words(train + "@/orphan tokenizer=@/runs/0001-small-vqgan"));
    assertThat(told.code()).as(told.error()).isZero();
    assertThat(folder.resolve("moved-runs/0001-small-dit/tokenizer/step-000000000016"))
        .isDirectory();
    assertThat(folder.resolve("moved-runs/0002-small-dit/tokenizer/step-000000000016"))
        .isDirectory();

    // The run and its table once more, both: it draws, and goes on.
    Files.createDirectory(folder.resolve("taken"));
    Files.move(folder.resolve("moved-runs/0001-small-dit"), folder.resolve("taken/run"));
    Files.move(folder.resolve("moved"), folder.resolve("taken/table"));
    AtTheTerminal.Ended drawn =
        AtTheTerminal.run(
            words("sample --checkpoint @/taken/run --output @/taken/drawn --count 4"));
    assertThat(drawn.code()).as(drawn.error()).isZero();
    AtTheTerminal.Ended resumed =
        AtTheTerminal.run(
            words(train + "@/taken/table output.resume=@/taken/run schedule.images=32"));
    assertThat(resumed.code()).as(resumed.error()).isZero();
    assertThat(folder.resolve("taken/run/checkpoints/step-000000000032")).isDirectory();
  }

  @Test
  void aDamagedFileIsNamedWhereItsCheckpointIs() throws Exception {
    AtTheTerminal.Ended ended =
        AtTheTerminal.run(
            "export",
            "--checkpoint",
            checkpoint("damaged").toString(),
            "--output",
            folder + "/n.pt");

    assertThat(ended.error()).contains("Damaged checkpoint file", "parameters.safetensors");
    assertThat(ended.code()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sample --checkpoint @/no --output @/n",
        "sample --checkpoint @/runs/0002-small-dit --output @/images",
        "ingest --input @/pictures --output /proc/x/y",
        "tokenize --checkpoint @/no --input @/images --output @/n",
        "tokenize --checkpoint @/runs/0001-small-vqgan --input @/images --output @/tokens",
        "tokenize --checkpoint @/runs/0001-small-vqgan --input @/images --output @/n device=gpu",
        "sample --checkpoint @/runs/0002-small-dit --output @/n device=gpu"
      })
  void samplesAndTokensAreCheckedBeforeSparkStarts(String command) {
    String master = System.setProperty("spark.master", "nowhere://x");
    try {
      AtTheTerminal.Ended ended = AtTheTerminal.run(words(command));
      assertThat(ended.error())
          .containsPattern("not exist|exists already|asked for and|no folder can be made")
          .doesNotContain("Mkdirs", "_owner");
      assertThat(ended.code()).isEqualTo(2);
    } finally {
      System.setProperty("spark.master", master);
    }
  }

  @Test
  void aMissingPluginIsNamedBeforeAnythingIsWritten() throws Exception {
    List<String> before = chain.content();
    String plugin = System.clearProperty("spark.plugins");
    try {
      AtTheTerminal.Ended ended = AtTheTerminal.run(words("train --config @/dit.yaml"));
      assertThat(ended.error()).contains("add --conf spark.plugins=");
      assertThat(ended.code()).isEqualTo(2);
      assertThat(chain.content()).isEqualTo(before);
    } finally {
      System.setProperty("spark.plugins", plugin);
    }
  }

  @Test
  void aRecipeThatDivergesIsToldAndNotTriedAgain() throws Exception {
    AtTheTerminal.Ended ended =
        AtTheTerminal.run(
            words(
                "train --config @/dit.yaml output.runs=@/diverged schedule.images=64"
                    + " model.optimizer={learning-rate:~1e30,clip-norm:~0}"));

    assertThat(ended.error()).startsWith("tessera: Training diverged: ").contains("learning-rate");
    assertThat(ended.error().lines()).hasSize(1);
    assertThat(ended.code()).isEqualTo(2);
  }

  @Test
  void aRunThatIsRefusedOnItsWayLeavesNoFolder() throws Exception {
    List<String> before = chain.content();
    // The cache's place is known to executors alone.
    AtTheTerminal.Ended ended =
        AtTheTerminal.run(
            words("train --config @/dit.yaml output.runs=@/new/runs output.cache=@/file/cache"));

    assertThat(ended.code()).as(ended.error()).isEqualTo(2);
    assertThat(chain.content()).isEqualTo(before);
  }
}
