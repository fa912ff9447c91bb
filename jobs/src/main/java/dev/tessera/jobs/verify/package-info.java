/**
 * Closed forms and identities, measured on the user's own machine by the code that trains and
 * draws: {@code tessera verify}. No SparkContext.
 */
package dev.tessera.jobs.verify;
