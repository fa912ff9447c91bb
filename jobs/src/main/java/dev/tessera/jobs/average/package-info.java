/** Averages of a run's parameters that are chosen after training. */
package dev.tessera.jobs.average;
