/** Draws pictures from trained models. */
package dev.tessera.jobs.sample;
