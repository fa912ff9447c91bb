/** Exact densities of diffusion models: the probability flow's change of variables. */
package dev.tessera.models.diffusion.likelihood;
