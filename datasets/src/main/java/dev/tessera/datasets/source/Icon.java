package dev.tessera.datasets.source;

/**
 * One drawing of the embedded data set.
 *
 * @param resource of its SVG on the class path
 * @param name unique, such as {@code flag/fr} or {@code icon/cloud-sun}
 * @param caption in words
 */
record Icon(String resource, String name, String caption, IconClass family) {}
