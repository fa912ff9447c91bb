/** Exact densities of a table's rows under a trained model. */
package dev.tessera.jobs.likelihood;
