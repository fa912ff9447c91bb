/**
 * Where pictures come from: one final class for each folder, archive or table format. A source is
 * listed once, its listing is cut into splits, and each split is read on its own.
 */
package dev.tessera.datasets.source;
