/**
 * From noise to data: noise levels ({@link dev.tessera.models.diffusion.sampler.Grid}) and what
 * leads from one to the next ({@link dev.tessera.models.diffusion.sampler.Sampler}). Samplers know
 * denoisers and no networks. All work on {@code x = x0 + sigma eps} in float64.
 */
package dev.tessera.models.diffusion.sampler;
