/**
 * What papers write of paths, predictions, preconditionings, weights and losses, once more, in
 * double precision and from the papers alone: what the programs that training runs are held to.
 * Nothing here uses the formulas of {@code diffusion.space}, only its records as names.
 */
package dev.tessera.models.diffusion.reference;
