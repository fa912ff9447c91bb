package dev.tessera.datasets.image;

/**
 * A row of an RGB picture and the one above it, from which PNG's five filters predict each byte.
 * Each filter has a loop of its own without a choice in it: together they are most of what encoding
 * costs.
 */
final class PngRow {

  static final int FILTERS = 5;

  private static final int BPP = RgbImage.CHANNELS;

  /** As wide as a pixel, so that a row's first pixel needs no case of its own. */
  private static final int MARGIN = BPP;

  private final int stride;
  private final byte[] filtered;
  private byte[] row;
  private byte[] above;

  PngRow(int stride) {
    this.stride = stride;
    filtered = new byte[stride];
    row = new byte[MARGIN + stride];
    above = new byte[MARGIN + stride];
  }

  /** Goes down to the row that begins at {@code from}. */
  void next(byte[] pixels, int from) {
    byte[] previous = above;
    above = row;
    row = previous;
    System.arraycopy(pixels, from, row, MARGIN, stride);
  }

  /** What the filter used last has left of the row. */
  void copyTo(byte[] target, int at) {
    System.arraycopy(filtered, 0, target, at, stride);
  }

  /**
   * Applies PNG's filter of that number; the sum of absolute values, as signed bytes, it leaves.
   */
  int filter(int filter) {
    switch (filter) {
      case 0 -> System.arraycopy(row, MARGIN, filtered, 0, stride);
      case 1 -> subtractLeft();
      case 2 -> subtractAbove();
      case 3 -> subtractAverage();
      case 4 -> subtractPaeth();
      default -> throw new IllegalArgumentException("filter: " + filter + " (expected: 0 to 4)");
    }
    return cost();
  }

  private int cost() {
    int cost = 0;
    for (byte left : filtered) {
      cost += Math.abs(left);
    }
    return cost;
  }

  private void subtractLeft() {
    for (int i = 0; i < stride; i++) {
      filtered[i] = (byte) (row[MARGIN + i] - row[i]);
    }
  }

  private void subtractAbove() {
    for (int i = 0; i < stride; i++) {
      filtered[i] = (byte) (row[MARGIN + i] - above[MARGIN + i]);
    }
  }

  private void subtractAverage() {
    for (int i = 0; i < stride; i++) {
      int average = ((row[i] & 0xff) + (above[MARGIN + i] & 0xff)) >> 1;
      filtered[i] = (byte) (row[MARGIN + i] - average);
    }
  }

  /** The neighbour that is nearest to left + up - corner; left before up before corner. */
  private void subtractPaeth() {
    for (int i = 0; i < stride; i++) {
      int left = row[i] & 0xff;
      int up = above[MARGIN + i] & 0xff;
      int corner = above[i] & 0xff;
      int toLeft = Math.abs(up - corner);
      int toUp = Math.abs(left - corner);
      int toCorner = Math.abs(left + up - 2 * corner);
      int other = toUp <= toCorner ? up : corner;
      int predicted = toLeft <= Math.min(toUp, toCorner) ? left : other;
      filtered[i] = (byte) (row[MARGIN + i] - predicted);
    }
  }
}
