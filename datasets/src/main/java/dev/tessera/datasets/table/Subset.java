package dev.tessera.datasets.table;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tessera.datasets.InvalidDatasetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32C;

/** What a row is for: rows held out never train anything. */
public enum Subset {
  TRAIN,
  HELDOUT;

  /** As written in tables and file names. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The subset written as {@code label}. */
  @JsonCreator
  public static Subset of(String label) {
    return Arrays.stream(values())
        .filter(subset -> subset.label().equals(label))
        .findFirst()
        .orElseThrow(
            () -> new InvalidDatasetException("split: " + label + " (expected: train or heldout)"));
  }

  /** As below, by the content of a picture: equal ones fall together, whatever they are called. */
  public static Subset assign(byte[] content, double heldout) {
    return assign(HexFormat.of().formatHex(ContentChecksum.sha256().digest(content)), heldout);
  }

  /**
   * Assigns by a hash of {@code group} alone, so that the same picture falls on the same side
   * whatever else the data set holds, and all pictures of one group fall together.
   *
   * @param heldout fraction held out, 0 to 1
   */
  public static Subset assign(String group, double heldout) {
    CRC32C crc = new CRC32C();
    crc.update(group.getBytes(StandardCharsets.UTF_8));
    // A CRC is linear in its input; the multiplication spreads names that differ in one digit.
    long spread = (crc.getValue() + 1) * 0x9e3779b97f4a7c15L;
    long mixed = (spread ^ (spread >>> 32)) * 0xd6e8feb86659fd93L;
    double uniform = (mixed >>> 11) * 0x1.0p-53;
    return uniform < heldout ? HELDOUT : TRAIN;
  }
}
