/** Rules that turn gradients into steps of parameters, and how their rate changes over a run. */
package dev.tessera.models.optimizer;
