package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.table.Subset;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayoutTest {

  private final ListingLog log = new ListingLog(found -> {});

  private Layout of(String... paths) {
    return Layout.of(List.of(paths), true, true, log);
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
            "classes: cat, dog from folders",
            "splits: train from folder train; held out from folder test");
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
    assertThat(of("dog/old/1.png", "dog/old/2.png").classNames()).containsExactly("dog");
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
      assertThat(SplitNames.ofFile(name)).as(name).contains(Subset.HELDOUT);
    }
    assertThat(SplitNames.ofFile("contest.parquet")).isEmpty();
    assertThat(SplitNames.ofFile("train-0.parquet")).contains(Subset.TRAIN);
  }
}
