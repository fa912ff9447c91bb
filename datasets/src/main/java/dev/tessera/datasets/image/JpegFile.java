package dev.tessera.datasets.image;

import java.util.Arrays;
import java.util.Set;

/**
 * A JPEG file taken apart (ITU-T T.81, annex B).
 *
 * @param header size, orientation and profile
 * @param colours what the components are
 * @param stream the file without comments and application data, which only the decoder's own
 *     guesses need, and with an Adobe marker that states the colours in their place
 * @param complete whether the end marker was there
 * @param progressive whether the picture comes in several passes
 * @param warnings what was wrong outside the coded data
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record JpegFile(
    PictureHeader header,
    JpegColours colours,
    byte[] stream,
    boolean complete,
    boolean progressive,
    Set<String> warnings) {

  /**
   * Pixels that all scans of a file may touch together. Cameras and web tools write ten scans; a
   * hostile file of a few KB has thousands over the largest picture.
   */
  static final long MAX_SCANNED_PIXELS = 4_000_000_000L;

  private static final byte[] ADOBE = {
    (byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };
  private static final int TRANSFORM = ADOBE.length - 1;

  static JpegFile read(byte[] file) throws UnreadableImageException {
    return new JpegParser(file).parse();
  }

  /** Adobe's marker for the decoder; of four components it gets the stored values as they are. */
  static byte[] adobe(JpegColours colours) {
    byte[] marker = Arrays.copyOf(ADOBE, ADOBE.length);
    marker[TRANSFORM] = (byte) (colours == JpegColours.YCBCR ? 1 : 0);
    return marker;
  }

  /** Whether the decoder's rows are taken as they are stored. */
  boolean raw() {
    return colours == JpegColours.CMYK
        || colours == JpegColours.YCCK
        || colours == JpegColours.YCBCR_ALPHA;
  }
}
