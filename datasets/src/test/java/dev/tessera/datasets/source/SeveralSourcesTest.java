package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.table.Subset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeveralSourcesTest {

  @TempDir private Path dir;

  private final Readings readings = new Readings();

  private void pictures(String... names) throws IOException {
    for (String name : names) {
      Readings.picture(dir.resolve(name));
    }
  }

  @Test
  void inputsNamedAsSplitsAreSplits() throws Exception {
    pictures("d/train/cat/1.png", "d/train/dog/1.png", "d/test/cat/2.png", "d/test/dog/2.png");
    assertThat(readings.lines(Readings.guessed(), dir + "/d/train", dir + "/d/test/"))
        .containsExactly(
            "train/cat/1.png cat train",
            "train/dog/1.png dog train",
            "test/cat/2.png cat heldout",
            "test/dog/2.png dog heldout");
    assertThat(readings.notes())
        .contains("splits: train from input train; held out from input test");
  }

  @Test
  void archivesAndPatternsNamedAsSplitsAreSplitsToo() throws Exception {
    Readings.zip(dir.resolve("training_set.zip"), Map.of("1.png", Readings.png()));
    Readings.zip(dir.resolve("test_set.zip"), Map.of("2.png", Readings.png()));
    assertThat(readings.lines(Readings.guessed(), dir + "/training_set.zip", dir + "/test_set.zip"))
        .containsExactly("training_set.zip/1.png - train", "test_set.zip/2.png - heldout");
    pictures("e/train/x/1.png", "e/val/x/2.png");
    assertThat(new Readings().lines(Readings.guessed(), dir + "/e/train/*/*.png", dir + "/e/val/*"))
        .allMatch(line -> line.endsWith(line.contains("1.png") ? "train" : "heldout"));
  }

  @Test
  void onlyAnInputsOwnNameCounts() {
    assertThat(sides("/home/dev/photos", "/srv/more")).containsExactly(null, null);
    assertThat(sides("/data/train/images", "/data/valid/images/"))
        .containsExactly(Subset.TRAIN, Subset.HELDOUT);
    assertThat(sides("/data/train-*.parquet", "/data/test-*.parquet"))
        .containsExactly(Subset.TRAIN, Subset.HELDOUT);
    assertThat(sides("/x/latest", "/x/contest")).containsExactly(null, null);
    assertThat(sides("/x/a", "/x/a")).containsExactly(null, null);
  }

  private static List<Subset> sides(String... specs) {
    return InputNames.sides(List.of(specs));
  }

  @Test
  void whatNoNameSaysIsTrainedOnBesideATestSet() throws Exception {
    pictures("mine/1.png", "test/2.png");
    assertThat(readings.lines(Readings.guessed(), dir + "/mine", dir + "/test"))
        .containsExactly("mine/1.png - train", "test/2.png - heldout");
    // All held out is no division, and folders inside count first.
    assertThat(new Readings().lines(Readings.guessed(), dir + "/test", dir + "/test"))
        .allMatch(line -> line.endsWith(" - -"));
    pictures("coco/train2017/3.png", "coco/val2017/4.png");
    assertThat(new Readings().lines(Readings.guessed(), dir + "/coco", dir + "/mine"))
        .containsExactly(
            "coco/train2017/3.png - train", "coco/val2017/4.png - heldout", "mine/1.png - -");
  }

  @Test
  void theUserSaysWhatIsHeldOut() throws Exception {
    pictures("train/1.png", "test/2.png", "more/3.png");
    assertThat(
            readings.lines(
                Readings.heldout("more/*"), dir + "/train", dir + "/test", dir + "/more"))
        .containsExactly("train/1.png - train", "test/2.png - train", "more/3.png - heldout");
    assertThat(new Readings().lines(Readings.heldout("1.*"), dir))
        .containsExactly(
            "more/3.png more train", "test/2.png test train", "train/1.png train heldout");
    Readings.zip(dir.resolve("z/a.zip"), Map.of("x/1.png", Readings.png()));
    Readings.zip(dir.resolve("z/b.zip"), Map.of("x/1.png", Readings.png()));
    assertThat(new Readings().lines(Readings.heldout("b.zip"), dir + "/z"))
        .containsExactly("a.zip/x/1.png x train", "b.zip/x/1.png x heldout");
  }
}
