package dev.tessera.datasets.table;

/**
 * A row of a quarantine table: an input that could not become a row, and why.
 *
 * @param path where it came from
 * @param reason one phrase
 */
public record QuarantineRow(String path, String reason) {}
