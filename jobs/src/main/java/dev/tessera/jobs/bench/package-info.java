/** Measurements of speed, as ratios to a peer on the same machine in the same run. */
package dev.tessera.jobs.bench;
