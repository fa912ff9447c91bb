/** Who owns a folder on a shared file system: one writer at a time. */
package dev.tessera.datasets.lease;
