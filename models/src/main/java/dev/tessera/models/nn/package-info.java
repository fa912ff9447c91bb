/** Layers and the backbones made of them, each beside the record that configures it. */
package dev.tessera.models.nn;
