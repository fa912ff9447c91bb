package dev.tessera.jobs.run;

/**
 * A command that does nothing but read and check before {@link Session#obtain}: the launcher runs
 * it so far in its own process, so that a mistake is told without waiting for Spark.
 */
public interface ReadsBeforeSpark {}
