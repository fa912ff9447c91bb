/**
 * Laws whose best denoiser is known: what samplers, likelihoods and guidance are held to where no
 * network's error is in the way.
 */
package dev.tessera.models.diffusion.law;
