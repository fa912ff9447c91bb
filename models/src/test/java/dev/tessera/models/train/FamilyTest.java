package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.diffusion.DiffusionFamily;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.structure.Structure;
import dev.tessera.models.vqgan.VqganFamily;
import dev.tessera.models.vqgan.VqganRecipe;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checkpoints of every version are known by these fingerprints: expected values never change. */
final class FamilyTest {

  private static final Family TOKENIZER =
      new VqganFamily(
          new VqganRecipe(
              new VqganRecipe.Network(2, 32, List.of(1, 2), 1, true),
              new VqganRecipe.Codes(512, 4, 1, 0.99, 0.02),
              VqganRecipe.Losses.defaults(),
              VqganRecipe.Adversary.defaults(),
              VqganRecipe.defaults().optimizer()),
          32,
          32);

  private static Family diffusion(BackboneRecipe backbone, Signal signal) {
    DiffusionRecipe defaults = DiffusionRecipe.defaults();
    return new DiffusionFamily(defaults.with(backbone), signal, 5);
  }

  private static final Family DIT =
      // A scale whose decimal text differs between JDK 17 and 19.
      diffusion(new BackboneRecipe.Dit(1, 96, 6, 4), Signal.latents(4, 8, 8, 0.1, 0x1p-44));

  private static final Family PUBLISHED =
      new VqganFamily(
          new VqganRecipe(
              new VqganRecipe.Network(
                  1, 8, List.of(1, 2), 1, true, VqganRecipe.Form.PUBLISHED, List.of(16), 12),
              new VqganRecipe.Codes(512, 4, 1, 0.99, 0.02),
              VqganRecipe.Losses.defaults(),
              VqganRecipe.Adversary.defaults(),
              VqganRecipe.defaults().optimizer()),
          32,
          32);

  private static Family ddpm(double dropout) {
    return diffusion(
        new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(16), dropout),
        Signal.pixels(16, 16));
  }

  private static final Family TURNED =
      diffusion(
          new BackboneRecipe.Dit(
              1,
              96,
              6,
              4,
              BackboneRecipe.Dit.Norm.RMS,
              BackboneRecipe.Dit.FeedForward.SWIGLU,
              BackboneRecipe.Dit.Positions.ROTARY,
              true,
              256),
          Signal.latents(4, 8, 8, 0, 1));

  private static final Family NCSN =
      diffusion(
          new BackboneRecipe.NcsnPlusPlus(8, List.of(1, 2), 1, List.of(16), 0.1),
          Signal.pixels(16, 16));

  private static final Family ADM =
      diffusion(
          new BackboneRecipe.Adm(8, List.of(1, 2), 1, List.of(16), 4, 0.1), Signal.pixels(16, 16));

  private static final Family EDM2 =
      diffusion(
          new BackboneRecipe.Edm2(8, List.of(1, 2), 1, List.of(16), 4, 0.1), Signal.pixels(16, 16));

  private static final Family MLP =
      diffusion(new BackboneRecipe.Mlp(16, 2), Signal.latents(2, 1, 1, 0, 1));

  private static final Family UNET =
      diffusion(new BackboneRecipe.Unet(32, List.of(1, 2), 1, 4), Signal.pixels(16, 16));

  @Test
  void theDemosTokenizerKeepsItsFingerprint() {
    assertThat(TOKENIZER.structure().text())
        .isEqualTo(
            "vqgan patch=2 channels=32 multipliers=1,2 blocks=1 attention=true"
                + " picture-height=32 picture-width=32");
    assertThat(TOKENIZER.architecture()).isEqualTo("33a583e682c62816");
  }

  @Test
  void theDemosDiffusionModelKeepsItsFingerprint() {
    assertThat(DIT.structure().text())
        .isEqualTo(
            "dit patch=1 width=96 depth=6 heads=4 signal-kind=latents signal-channels=4"
                + " signal-height=8 signal-width=8 signal-shift=3fb999999999999a"
                + " signal-scale=3d30000000000000");
    assertThat(DIT.architecture()).isEqualTo("aaf7e59adef7bb07");
  }

  @Test
  void aUnetOnPixelsKeepsItsFingerprint() {
    assertThat(UNET.structure().text())
        .isEqualTo(
            "unet channels=32 multipliers=1,2 blocks=1 heads=4 signal-kind=pixels"
                + " signal-channels=3 signal-height=16 signal-width=16"
                + " signal-shift=405fe00000000000 signal-scale=404fe00000000000");
    assertThat(UNET.architecture()).isEqualTo("19715c58c9f60ef7");
  }

  @Test
  void aTokenizerOfThePublishedFormKeepsItsFingerprint() {
    assertThat(PUBLISHED.structure().text())
        .isEqualTo(
            "vqgan patch=1 channels=8 multipliers=1,2 blocks=1 attention=true form=published"
                + " attentionResolutions=16 latent=12 picture-height=32 picture-width=32");
    assertThat(PUBLISHED.architecture()).isEqualTo("2039539c959233ff");
  }

  @Test
  void aDdpmKeepsItsFingerprintWhateverItDrops() {
    assertThat(ddpm(0.1).structure().text())
        .startsWith(
            "ddpm-plus-plus channels=8 multipliers=1,2 blocks=1 attentionResolutions=16 signal-");
    assertThat(ddpm(0.1).architecture()).isEqualTo("6a59c78a7935e22d");
    assertThat(ddpm(0.2).architecture()).isEqualTo(ddpm(0.1).architecture());
  }

  @Test
  void networksOfEdmAndOptionsOfTransformersKeepTheirs() {
    assertThat(TURNED.structure().text())
        .startsWith(
            "dit patch=1 width=96 depth=6 heads=4 norm=rms feedForward=swiglu positions=rotary"
                + " qkNorm=true noiseFeatures=256 signal-");
    assertThat(Stream.of(TURNED, NCSN, ADM, EDM2, MLP).map(f -> f.architecture()))
        .containsExactly(
            "5a98e891aa39561f",
            "177962fecc1e256d",
            "c8622815491846e3",
            "ea19bd33bf28c58a",
            "2966d573f8b7d647");
  }

  @Test
  void latentsOfAnotherDeviationAreAnotherModel() {
    DiffusionFamily half = (DiffusionFamily) DIT;
    Family one = new DiffusionFamily(half.recipe().withSigmaData(1), half.signal(), half.classes());
    assertThat(one.structure().text()).endsWith(" sigma-data=3ff0000000000000");
    assertThat(one.architecture()).isNotEqualTo(half.architecture());
  }

  private static final List<Preconditioning> COUNTING =
      List.of(
          new Preconditioning.Own(),
          Preconditioning.Vp.defaults(),
          Preconditioning.Iddpm.defaults());

  private static Family given(Family family, Preconditioning preconditioning) {
    DiffusionFamily known = (DiffusionFamily) family;
    DiffusionRecipe recipe = known.recipe();
    return new DiffusionFamily(
        recipe.with(recipe.path(), recipe.prediction(), preconditioning),
        known.signal(),
        known.classes());
  }

  private static Family uncertain(Family family) {
    DiffusionFamily known = (DiffusionFamily) family;
    DiffusionRecipe recipe = known.recipe();
    return new DiffusionFamily(
        recipe.with(recipe.noise(), Loss.Uncertain.defaults()), known.signal(), known.classes());
  }

  @Test
  void stepsGivenToRandomFrequenciesAreAnotherModelThanBefore() {
    for (Preconditioning counting : COUNTING) {
      Family edm2 = given(EDM2, counting);
      assertThat(edm2.structure().text())
          .isEqualTo(EDM2.structure().text() + " steps-per-label=250");
      assertThat(edm2.architecture()).isNotEqualTo("ea19bd33bf28c58a");
      Family ncsn = given(NCSN, counting);
      assertThat(ncsn.structure().text())
          .isEqualTo(NCSN.structure().text() + " steps-per-label=1000");
      assertThat(ncsn.architecture()).isNotEqualTo("177962fecc1e256d");
      for (Family family : List.of(DIT, TURNED, ADM, MLP, UNET, ddpm(0.1))) {
        assertThat(given(family, counting).architecture()).isEqualTo(family.architecture());
      }
    }
    for (Family family : List.of(EDM2, NCSN)) {
      assertThat(given(family, new Preconditioning.Ve()).architecture())
          .isEqualTo(family.architecture());
    }
  }

  @Test
  void anUncertaintyToldAnotherLabelIsAnotherModelThanBefore() {
    Family edm = uncertain(DIT);
    assertThat(edm.structure().text()).isEqualTo(DIT.structure().text());
    List<Preconditioning> others = new ArrayList<>(COUNTING);
    others.add(new Preconditioning.Ve());
    for (Preconditioning other : others) {
      Family told = given(edm, other);
      assertThat(told.structure().text())
          .isEqualTo(DIT.structure().text() + " uncertainty-of=log-sigma");
      assertThat(told.architecture()).isNotEqualTo(edm.architecture());
    }
  }

  @Test
  void objectivesTrainWhatTheFamilySays() {
    for (Family family : List.of(TOKENIZER, PUBLISHED, DIT, UNET, EDM2)) {
      for (Activations activations : Activations.values()) {
        Objective objective =
            family.objective(
                new TrainingSchedule(0, 8, 2, 80, 80, TrainingPrecision.FP32, activations),
                Target.CPU);
        assertThat(parameters(objective.groups())).isEqualTo(parameters(family.groups()));
        assertThat(objective.state().slices().keySet()).isEqualTo(family.state().slices().keySet());
        assertThat(objective.columns())
            .extracting(BatchColumn::name)
            .containsExactlyElementsOf(family.columns());
      }
    }
  }

  private static List<String> parameters(List<Group> groups) {
    return groups.stream()
        .flatMap(group -> group.layout().slices().values().stream())
        .map(Layout.Slice::toString)
        .toList();
  }

  @Test
  void whatIsNewAndAsItWasChangesNothing() {
    // Of new components only those that an old model does not have by default are written.
    String old = new Structure("dit").fact("width", 96).text();
    Structure kept =
        new Structure("dit")
            .fact("width", 96)
            .added("registers", 0, 0)
            .added("rotary", false, false)
            .added("ratio", 0.1, 0.1)
            .added("sides", List.of(), List.of())
            .added("form", "compact", "compact");
    assertThat(kept.text()).isEqualTo(old);
    Structure other =
        new Structure("dit")
            .fact("width", 96)
            .added("registers", 4, 0)
            .added("rotary", true, false)
            .added("ratio", Math.nextUp(0.1), 0.1)
            .added("sides", List.of(8, 16), List.of())
            .added("form", "published", "compact");
    assertThat(other.text())
        .isEqualTo(
            "dit width=96 registers=4 rotary=true ratio=3fb999999999999b sides=8,16"
                + " form=published");
  }

  @Test
  void noComponentIsForgotten() {
    names(VqganRecipe.Network.class)
        .forEach(name -> assertThat(PUBLISHED.structure().text()).contains(" " + name + "="));
    names(BackboneRecipe.Dit.class)
        .forEach(name -> assertThat(TURNED.structure().text()).contains(" " + name + "="));
    names(BackboneRecipe.Mlp.class)
        .forEach(name -> assertThat(MLP.structure().text()).contains(" " + name + "="));
    undropped(BackboneRecipe.NcsnPlusPlus.class, NCSN);
    undropped(BackboneRecipe.Adm.class, ADM);
    undropped(BackboneRecipe.Edm2.class, EDM2);
    undropped(BackboneRecipe.DdpmPlusPlus.class, ddpm(0.1));
    names(BackboneRecipe.Unet.class)
        .forEach(name -> assertThat(UNET.structure().text()).contains(" " + name + "="));
    names(Signal.class)
        .forEach(name -> assertThat(UNET.structure().text()).contains(" signal-" + name + "="));
  }

  private static void undropped(Class<? extends Record> type, Family family) {
    names(type).stream()
        .filter(name -> !name.equals("dropout"))
        .forEach(name -> assertThat(family.structure().text()).contains(" " + name + "="));
  }

  private static List<String> names(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }
}
