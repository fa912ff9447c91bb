package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.nn.PatchDiscriminator;

/** The discriminator of a recipe, and the layout of its group. */
record Critic(PatchDiscriminator network, Layout layout) {

  /** The group's name. */
  static final String GROUP = "discriminator";

  private static final int COLOURS = 3;

  static Critic of(VqganRecipe.Adversary adversary) {
    Scope scope = Scope.group(GROUP);
    int channels = adversary.channels();
    int layers = adversary.layers();
    PatchDiscriminator network =
        adversary.form() == VqganRecipe.Form.COMPACT
            ? PatchDiscriminator.compact(scope, COLOURS, channels, layers)
            : PatchDiscriminator.published(scope, COLOURS, channels, layers);
    return new Critic(network, scope.layout());
  }
}
