/** {@code ingest}: raw images to an image table, a quarantine table and a manifest. */
package dev.tessera.jobs.ingest;
