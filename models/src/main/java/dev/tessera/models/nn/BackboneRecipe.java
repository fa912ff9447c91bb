package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;

/** The networks that a recipe may name, by {@code type: dit} or {@code type: u-net}. */
public sealed interface BackboneRecipe permits Dit.Recipe, UNet.Recipe {

  /**
   * Declares the network's parameters.
   *
   * @param classes number of classes, 0 for none
   */
  Backbone build(Scope scope, int channels, int height, int width, int classes);
}
