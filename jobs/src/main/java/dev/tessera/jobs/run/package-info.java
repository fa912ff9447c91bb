/** What a run shows while it goes and leaves behind: progress, metrics, pictures, the report. */
package dev.tessera.jobs.run;
