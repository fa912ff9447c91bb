/** The whole chain on the embedded data set, judged in numbers. */
package dev.tessera.jobs.demo;
