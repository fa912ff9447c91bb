package dev.tessera.jobs.gallery;

import dev.tessera.models.UserException;
import java.awt.Font;
import java.awt.font.FontRenderContext;

/** The pictures' letters need fonts, which many a JDK of a server or container does not have. */
final class Fonts {

  private Fonts() {}

  /**
   * Asks for a font before anything is computed.
   *
   * @throws UserException if this JVM has none
   */
  static void require() {
    try {
      FontRenderContext context = new FontRenderContext(null, true, false);
      new Font(Font.SANS_SERIF, Font.PLAIN, 12).getStringBounds("x", context);
    } catch (LinkageError | InternalError | RuntimeException e) {
      // What the JDK throws depends on whether a library, its settings or all fonts are missing.
      throw new UserException(
          "This JVM finds no fonts, with which the gallery writes into its pictures: install"
              + " fontconfig, freetype and a font (on Debian: libfontconfig1, libfreetype6,"
              + " fonts-dejavu-core).",
          e);
    }
  }
}
