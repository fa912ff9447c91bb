/**
 * The coordinates that every diffusion model shares: paths, predictions, preconditioning, noise of
 * training and weights. Nothing here knows a network or a sampler.
 */
package dev.tessera.models.diffusion.space;
