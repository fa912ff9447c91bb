package dev.tessera.datasets.image;

/**
 * The screen of a GIF and where its first picture lies on it (GIF89a, sections 18 to 20).
 *
 * @param width of the screen
 * @param height of the screen
 */
record GifFile(int width, int height, int left, int top, int columns, int rows) {

  private static final int HEADER = 13;

  static GifFile read(byte[] file) throws UnreadableImageException {
    if (file.length < HEADER) {
      throw truncated();
    }
    int at = HEADER + table(file[10]);
    while (at < file.length && file[at] != ',') {
      if (file[at] != '!') {
        throw new UnreadableImageException("corrupt GIF: no picture in it");
      }
      at += 2;
      while (at < file.length && file[at] != 0) {
        at += 1 + (file[at] & 0xff);
      }
      at++;
    }
    if (at + 10 > file.length) {
      throw truncated();
    }
    int left = word(file, at + 1);
    int top = word(file, at + 3);
    int columns = word(file, at + 5);
    int rows = word(file, at + 7);
    // A screen that is too small for its picture grows, as browsers and Pillow have it.
    int width = Math.max(word(file, 6), left + columns);
    int height = Math.max(word(file, 8), top + rows);
    return new GifFile(width, height, left, top, columns, rows);
  }

  /** The picture in its place; where there is none the background is seen. */
  RgbImage onScreen(RgbImage picture, int background) {
    if (picture.width() == width && picture.height() == height) {
      return picture;
    }
    RgbImage screen = RgbImage.filled(width, height, background);
    screen.put(picture, left, top);
    return screen;
  }

  private static int table(byte flags) {
    return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
  }

  private static int word(byte[] file, int at) {
    return (file[at] & 0xff) | (file[at + 1] & 0xff) << 8;
  }

  private static UnreadableImageException truncated() {
    return new UnreadableImageException("truncated GIF: ends before its picture");
  }
}
