/** Measures sets of pictures against each other. */
package dev.tessera.jobs.evaluate;
