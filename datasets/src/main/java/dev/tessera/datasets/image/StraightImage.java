package dev.tessera.datasets.image;

/**
 * Colours and opacity apart: 8-bit, colours not multiplied by opacity.
 *
 * @param colours of every pixel, whether it is seen or not
 * @param opacity uint8 [height, width], or null if all is opaque
 * @param grey whether the file has one channel of colour; the three are equal then
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record StraightImage(RgbImage colours, byte[] opacity, boolean grey) {

  /** Over a background, 0xRRGGBB: a*v + (1 - a)*background, rounded once. */
  RgbImage over(int background) {
    if (opacity == null) {
      return colours;
    }
    byte[] pixels = colours.pixels();
    int[] behind = {background >> 16 & 0xff, background >> 8 & 0xff, background & 0xff};
    for (int i = 0, at = 0; i < opacity.length; i++) {
      int a = opacity[i] & 0xff;
      for (int c = 0; c < RgbImage.CHANNELS; c++, at++) {
        if (a != 255) {
          pixels[at] = (byte) (((pixels[at] & 0xff) * a + behind[c] * (255 - a) + 127) / 255);
        }
      }
    }
    return colours;
  }
}
