/** The {@code tessera} command: its arguments, its exit codes and how it tells mistakes. */
package dev.tessera.jobs;
