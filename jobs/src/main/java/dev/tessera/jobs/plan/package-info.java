/** Says what a recipe would do, and runs nothing. */
package dev.tessera.jobs.plan;
