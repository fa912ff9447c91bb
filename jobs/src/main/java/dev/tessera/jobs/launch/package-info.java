/** What bin/tessera runs first: sorts a command line, finds mistakes, and writes the submission. */
package dev.tessera.jobs.launch;
