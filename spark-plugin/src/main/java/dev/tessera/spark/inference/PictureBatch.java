package dev.tessera.spark.inference;

import dev.tessera.datasets.table.CheckedRow;
import dev.tessera.datasets.table.CodeRow;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.LatentRow;
import dev.tessera.datasets.table.RowFormats;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Pictures of a table and what a tokenizer makes of them, one batch, filled again and again. */
final class PictureBatch {

  private final int pictureBytes;
  private final int codesLength;
  private final int latentBytes;
  private final List<ImageRow> rows = new ArrayList<>();
  private final byte[] originals;
  private final byte[] reconstructions;
  private final byte[] latents;
  private final int[] codes;
  private final List<Tokens> tokens;
  private boolean reconstructed;

  /**
   * What is written of a row, once somebody has made it.
   *
   * @param latent null if latents are not wanted
   */
  record Tokens(CheckedRow<CodeRow> codes, CheckedRow<LatentRow> latent) {}

  /**
   * @param batch pictures
   * @param pictureBytes of one picture
   * @param codesLength codes of one picture
   * @param latentBytes of one picture's latent; 0 if latents are not wanted
   */
  PictureBatch(int batch, int pictureBytes, int codesLength, int latentBytes) {
    this.pictureBytes = pictureBytes;
    this.codesLength = codesLength;
    this.latentBytes = latentBytes;
    originals = new byte[Math.multiplyExact(batch, pictureBytes)];
    reconstructions = new byte[originals.length];
    latents = new byte[Math.multiplyExact(batch, latentBytes)];
    codes = new int[Math.multiplyExact(batch, codesLength)];
    tokens = new ArrayList<>(Collections.nCopies(batch, null));
  }

  /** Empties it for other rows. */
  void begin(boolean willBeReconstructed) {
    rows.clear();
    reconstructed = willBeReconstructed;
  }

  List<ImageRow> rows() {
    return rows;
  }

  /** Whether the pictures are decoded again, to be compared. */
  boolean reconstructed() {
    return reconstructed;
  }

  /** Planar pixels, one picture after another; those after the last row are of older ones. */
  byte[] originals() {
    return originals;
  }

  byte[] reconstructions() {
    return reconstructions;
  }

  /** Where row {@code i} begins in either. */
  int picture(int i) {
    return i * pictureBytes;
  }

  int pictureBytes() {
    return pictureBytes;
  }

  /** Takes over what the device has made of {@link #originals}. */
  void fill(Tokenizer.Tokens tokens) {
    Bytes.codes(tokens.codes(), codes, rows.size() * codesLength);
    tokens.latents().get(latents, 0, rows.size() * latentBytes);
    if (reconstructed) {
      tokens.pictures().get(reconstructions, 0, rows.size() * pictureBytes);
    }
  }

  /** Makes what is written of row {@code i}; rows may be made by several threads. */
  void make(int i) {
    ImageRow row = rows.get(i);
    tokens.set(
        i,
        new Tokens(
            CheckedRow.of(
                new CodeRow(row.id(), codes(i), row.label(), row.caption(), row.split()),
                RowFormats.CODES),
            hasLatents()
                ? CheckedRow.of(
                    new LatentRow(row.id(), latent(i), row.label(), row.caption(), row.split()),
                    RowFormats.LATENTS)
                : null));
  }

  boolean hasLatents() {
    return latentBytes > 0;
  }

  /** What {@link #make} made; once. */
  Tokens take(int i) {
    return tokens.set(i, null);
  }

  /** The codes of row {@code i}, copied. */
  int[] codes(int i) {
    int[] own = new int[codesLength];
    System.arraycopy(codes, i * codesLength, own, 0, codesLength);
    return own;
  }

  /** The latent of row {@code i}, copied: float32 in native order. */
  byte[] latent(int i) {
    byte[] own = new byte[latentBytes];
    System.arraycopy(latents, i * latentBytes, own, 0, latentBytes);
    return own;
  }
}
