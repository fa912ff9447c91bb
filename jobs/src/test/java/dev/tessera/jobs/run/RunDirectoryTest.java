package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  @TempDir private Path folder;
  private final Configuration hadoop = new Configuration();

  private org.apache.hadoop.fs.Path root() {
    return new org.apache.hadoop.fs.Path(folder.resolve("runs").toUri());
  }

  private RunDirectory create(String name) {
    return RunDirectory.create(root(), name, List.of("train", "x=it's"), hadoop);
  }

  @Test
  void runsAreNumberedAfterTheHighest() throws Exception {
    assertThat(create("a").path().getName()).isEqualTo("0001-a");
    Files.createDirectories(folder.resolve("runs/0041-other"));
    Files.createDirectories(folder.resolve("runs/notes"));
    assertThat(create("a").path().getName()).isEqualTo("0042-a");
  }

  @Test
  void runsThatStartAtOnceHaveFoldersOfTheirOwn() {
    var paths = new ConcurrentSkipListSet<String>();
    IntStream.range(0, 120).parallel().forEach(i -> paths.add(create("a").path().toString()));

    assertThat(paths).hasSize(120);
  }

  @Test
  void theCommandCanBePastedIntoAShell() throws Exception {
    assertThat(create("a").command()).isEqualTo("tessera train 'x=it'\\''s'");
  }

  @Test
  void picturesComeBackInTheOrderOfImages() throws Exception {
    RunDirectory run = create("a");
    run.writePicture(RunDirectory.Pictures.SAMPLES, 900, new byte[] {9});
    run.writePicture(RunDirectory.Pictures.SAMPLES, 20, new byte[] {2});
    run.writePicture(RunDirectory.Pictures.SAMPLES, 20, new byte[] {3});

    assertThat(run.pictures(RunDirectory.Pictures.SAMPLES))
        .extracting(RunDirectory.Picture::images)
        .containsExactly(20L, 900L);
    assertThat(run.pictures(RunDirectory.Pictures.SAMPLES).get(0).png()).containsExactly(3);
    assertThat(run.pictures(RunDirectory.Pictures.RECONSTRUCTIONS)).isEmpty();
  }

  @Test
  void whatIsWrittenIsReadBackByAnotherProcess() throws Exception {
    RunDirectory run = create("a");
    List<RankFacts> ranks = List.of(new RankFacts(0, "h", 1, 2, 3, 4, 5));
    run.writeRanks(ranks);
    run.writeConfig("a: 1\n");

    RunDirectory again = RunDirectory.open(run.path(), hadoop);

    assertThat(again.ranks()).isEqualTo(ranks);
    assertThat(again.config()).contains("a: 1\n");
    assertThat(folder.resolve("runs/0001-a"))
        .isDirectoryNotContaining("glob:**.writing")
        .isDirectoryNotContaining("glob:**.crc")
        .isDirectoryContaining("glob:**config.yaml");
  }

  @Test
  void aFolderThatCannotBeMadeIsTheUsersMistake() throws Exception {
    Files.writeString(folder.resolve("runs"), "a file");

    assertThatThrownBy(() -> create("a"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Cannot make a run directory in ");
  }

  @Test
  void aFolderThatIsNoRunIsTheUsersMistake() throws Exception {
    org.apache.hadoop.fs.Path root = root();
    assertThatThrownBy(() -> RunDirectory.open(root, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("runs does not exist (expected: a run directory)");
    root.getFileSystem(hadoop).mkdirs(root);
    assertThatThrownBy(() -> RunDirectory.open(root, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("runs: not a run directory (expected: command.txt in it)");
  }

  @Test
  void aNameIsPartOfAPathAndNoMore() {
    assertThatThrownBy(() -> create("../x")).hasMessageStartingWith("name: ../x (expected:");
  }
}
