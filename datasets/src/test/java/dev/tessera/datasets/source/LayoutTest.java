package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.table.Subset;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayoutTest {

  private final ListingLog log = new ListingLog(found -> {});

  private Layout of(String... paths) {
    Layout layout = Layout.of(List.of(paths), true, true, log);
    layout.tellClasses(List.of(paths), true, log);
    return layout;
  }

  @Test
  void classesAreBelowSplits() {
    Layout layout = of("train/cat/0.png", "train/dog/0.png", "test/cat/1.png", "test/dog/1.png");
    assertThat(layout.classNames()).containsExactly("cat", "dog");
    assertThat(layout.label("test/dog/1.png")).isEqualTo(1);
    assertThat(layout.split("train/dog/0.png")).isEqualTo(Subset.TRAIN);
    assertThat(layout.split("test/dog/1.png")).isEqualTo(Subset.HELDOUT);
    assertThat(log.notes())
        .containsExactly(
            "splits: train from folder train; held out from folder test",
            "classes: cat, dog from folders");
  }

  @Test
  void foldersThatLookLikeClassesAreToldWhereTheyAreNotUsed() {
    List<List<String>> trees =
        List.of(
            List.of("cat/0.png", "dog/0.png"),
            List.of("train/cat/0.png", "train/dog/0.png", "test/cat/1.png", "test/dog/1.png"));
    for (List<String> tree : trees) {
      ListingLog told = new ListingLog(found -> {});
      Layout layout = Layout.of(tree, false, true, told);
      layout.tellClasses(tree, false, told);
      assertThat(layout.classNames()).isEmpty();
      assertThat(told.notes())
          .contains("classes: none; class-per-folder=true would take cat, dog from folders");
    }
    for (List<String> tree :
        List.of(List.of("0.png", "1.png"), List.of("train/0.png", "test/0.png"))) {
      ListingLog told = new ListingLog(found -> {});
      Layout.of(tree, false, true, told).tellClasses(tree, false, told);
      assertThat(told.notes()).noneMatch(note -> note.contains("class-per-folder"));
    }
  }

  @Test
  void splitsHaveManyNamesAndAnyCase() {
    for (String other : List.of("VAL", "valid", "Validation", "dev", "Test", "val2017")) {
      Layout layout = of("Train/a/0.png", other + "/a/0.png");
      assertThat(layout.split(other + "/a/0.png")).as(other).isEqualTo(Subset.HELDOUT);
      assertThat(layout.classNames()).containsExactly("a");
    }
  }

  @Test
  void foldersAroundAllAreNoClasses() {
    Layout layout = of("pets/x/cat/1.png", "pets/x/dog/1.png");
    assertThat(layout.classNames()).containsExactly("cat", "dog");
    assertThat(of("cat/1.png", "cat/2.png").classNames()).containsExactly("cat");
    assertThat(of("pets/cat/1.png", "pets/cat/2.png").classNames()).containsExactly("cat");
    assertThat(of("train/cat/1.png", "train/cat/2.png").classNames()).containsExactly("cat");
  }

  @Test
  void splitsBelowClassesAreKnownToo() {
    Layout layout = of("cat/train/1.png", "cat/test/1.png", "dog/train/1.png", "dog/test/1.png");
    assertThat(layout.classNames()).containsExactly("cat", "dog");
    assertThat(layout.split("dog/test/1.png")).isEqualTo(Subset.HELDOUT);
  }

  @Test
  void aClassMayHaveTheNameOfASplit() {
    assertThat(of("train/1.png", "bus/1.png", "plane/1.png").classNames())
        .containsExactly("bus", "plane", "train");
    assertThat(of("train/1.png", "bus/1.png").split("train/1.png")).isNull();
  }

  @Test
  void filesSayTheirSplitAsAWord() {
    for (String name :
        List.of(
            "t10k-images-idx3-ubyte",
            "emnist-letters-test-images-idx3-ubyte.gz",
            "data/test-00000-of-00001.parquet",
            "test_batch.bin",
            "split=validation/part-0.parquet")) {
      assertThat(SplitNames.ofFile(name).or(() -> SplitNames.ofFolders(name)))
          .as(name)
          .contains(Subset.HELDOUT);
    }
    assertThat(SplitNames.ofFile("contest.parquet")).isEmpty();
    assertThat(SplitNames.ofFile("train-0.parquet")).contains(Subset.TRAIN);
  }

  /** The {@code datasets} library's rules, which end words at digits too. */
  @Test
  void wordsOfTheFieldAreKnownAndNoneIsGuessedInsideAWord() {
    for (String name :
        List.of(
            "training_set",
            "train_images",
            "train2017",
            "train-clean",
            "Train Data",
            "trainA",
            "trainval",
            "my.train",
            "split=train")) {
      assertThat(SplitNames.ofName(name)).as(name).contains(Subset.TRAIN);
    }
    for (String name :
        List.of(
            "test_set",
            "test-dev",
            "val2017",
            "testB",
            "ImagesTest",
            "validation_images",
            "dev",
            "evaluation",
            "x.eval",
            "holdout",
            "subset=Val")) {
      assertThat(SplitNames.ofName(name)).as(name).contains(Subset.HELDOUT);
    }
    for (String name :
        List.of(
            "latest",
            "contest",
            "trainer",
            "devices",
            "attestation",
            "evaluations",
            "retrain",
            "intrain",
            "testimony",
            "label=test",
            "constrain",
            "invalid",
            "interval")) {
      assertThat(SplitNames.ofName(name)).as(name).isEmpty();
    }
  }

  @Test
  void foldersWithAWordInTheirNamesAreSplits() {
    for (List<String> both :
        List.of(
            List.of("training_set", "test_set"),
            List.of("train_images", "test-dev"),
            List.of("train2017", "val2017"),
            List.of("trainA", "testA"))) {
      String train = both.get(0) + "/cat/1.png";
      String test = both.get(1) + "/cat/2.png";
      Layout layout = of(train, test);
      assertThat(layout.split(train)).as(train).isEqualTo(Subset.TRAIN);
      assertThat(layout.split(test)).as(test).isEqualTo(Subset.HELDOUT);
      assertThat(layout.classNames()).containsExactly("cat");
    }
    assertThat(of("latest/1.png", "trainer/1.png").classNames())
        .containsExactly("latest", "trainer");
    // Among many a word decides nothing; a whole name does.
    Layout classes = of("bullet_train/1.png", "test_tube/1.png", "a/1.png", "b/1.png", "c/1.png");
    assertThat(classes.classNames()).hasSize(5);
    assertThat(classes.divided()).isFalse();
    assertThat(of("train/1.png", "test/1.png", "a/1.png", "b/1.png", "c/1.png").divided()).isTrue();
  }

  @Test
  void aFewLoosePicturesCollapseNoClasses() {
    for (String loose : List.of("cover.png", "pets/cover.png")) {
      Layout layout = of(loose, "pets/cat/1.png", "pets/dog/1.png");
      assertThat(layout.classNames()).as(loose).containsExactly("cat", "dog");
      assertThat(layout.label(loose)).isEqualTo(Segment.NO_LABEL);
      assertThat(layout.label("pets/dog/1.png")).isEqualTo(1);
      assertThat(log.notes())
          .contains("classes: none for 1 picture in no class's folder, such as " + loose);
    }
    // Many beside one folder are a class that has a folder in it.
    assertThat(of("cat/1.png", "cat/2.png", "cat/odd/3.png").classNames()).containsExactly("cat");
    Layout divided = of("cover.png", "train/cat/1.png", "train/dog/1.png", "test/cat/2.png");
    assertThat(divided.classNames()).containsExactly("cat", "dog");
    assertThat(divided.split("test/cat/2.png")).isEqualTo(Subset.HELDOUT);
    assertThat(log.notes())
        .contains(
            "splits: train from folder train and 1 picture in no such folder; held out from folder"
                + " test");
  }

  @Test
  void testPicturesOfAContestLieInNoClasses() {
    Layout layout =
        of("train/cat/1.png", "train/dog/2.png", "test/3.png", "test/4.png", "test/5.png");
    assertThat(layout.classNames()).containsExactly("cat", "dog");
    assertThat(layout.label("test/4.png")).isEqualTo(Segment.NO_LABEL);
    assertThat(layout.split("test/4.png")).isEqualTo(Subset.HELDOUT);
  }

  @Test
  void onlyFoldersThatShareAKeyAreNamedByTheirValues() {
    Layout hive =
        of("label=cat/1.png", "label=dog%3A2/1.png", "label=__HIVE_DEFAULT_PARTITION__/1.png");
    assertThat(hive.classNames()).containsExactly("cat", "dog:2");
    assertThat(hive.label("label=dog%3A2/1.png")).isEqualTo(1);
    assertThat(hive.label("label=__HIVE_DEFAULT_PARTITION__/1.png")).isEqualTo(Segment.NO_LABEL);
    assertThat(of("a=b/1.png", "a=c/1.png", "e=mc2/1.png").classNames())
        .containsExactly("a=b", "a=c", "e=mc2");
    assertThat(of("2+2=4/1.png", "cat/1.png").classNames()).containsExactly("2+2=4", "cat");
    assertThat(of("year=2020/label=cat/1.png", "year=2021/label=dog/1.png").classNames())
        .containsExactly("cat", "dog");
  }
}
