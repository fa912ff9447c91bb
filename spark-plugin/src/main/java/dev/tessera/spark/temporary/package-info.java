/**
 * What processes put into temporary folders, and its end: a folder for each run, known by its
 * owner, and by name what libraries unpack beside it. Linux's {@code /proc} says who lives and what
 * is in use.
 */
package dev.tessera.spark.temporary;
