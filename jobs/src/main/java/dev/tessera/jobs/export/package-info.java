/** Writes trained models for use without Tessera. */
package dev.tessera.jobs.export;
