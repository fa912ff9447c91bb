package dev.tessera.datasets.source;

import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.SparkImage;
import dev.tessera.datasets.table.Subset;

/**
 * A picture as its source holds it.
 *
 * @param id number in the source
 * @param path relative to the source's root
 * @param group pictures of one group are never divided between training and held-out rows; null for
 *     all pictures of equal content
 * @param label class number, or null
 * @param caption description, or null
 * @param split if the source has a split of its own, else null
 */
public record RawImage(
    long id,
    String path,
    String group,
    Integer label,
    String caption,
    Subset split,
    Content content) {

  /** What there is of the picture. */
  public sealed interface Content {}

  /**
   * Encoded bytes, not yet looked at.
   *
   * @param fileName of the file that these bytes are, whose extension must be right; null if they
   *     are no file but a value in a table
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  public record Encoded(byte[] bytes, String fileName) implements Content {}

  /** Pixels of a source that is not made of picture files. */
  public record Decoded(RgbImage image) implements Content {}

  /** A value of Spark's image source. */
  public record OfSpark(SparkImage image) implements Content {}

  /** Nothing, with the reason for the quarantine table. */
  public record Unreadable(String reason) implements Content {}

  /** One picture of a segment whose label and split are the segment's. */
  static RawImage of(Segment segment, long id, String path, String caption, Content content) {
    Integer label = segment.label() == Segment.NO_LABEL ? null : (Integer) segment.label();
    return new RawImage(id, path, null, label, caption, segment.split(), content);
  }
}
