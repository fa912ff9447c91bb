/** Recipes of training runs, and the job that runs them. */
package dev.tessera.jobs.train;
