package dev.tessera.datasets.table;

import java.io.Serializable;

/**
 * A finished file of one task attempt, waiting in the staging folder for the commit.
 *
 * @param staged its full path
 * @param rows in the file
 * @param bytes of the file
 * @param sha256 of the file, hexadecimal
 * @param blocks as {@link TableFile#blocks}
 */
public record PartFile(
    String staged,
    TableKind kind,
    Subset split,
    long rows,
    long bytes,
    String sha256,
    String blocks)
    implements Serializable {}
