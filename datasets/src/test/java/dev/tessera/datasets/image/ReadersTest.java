package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.Test;

class ReadersTest {

  @Test
  void everyFormatHasItsReaderAndAllButWebpTheJdks() throws Exception {
    try (Readers readers = new Readers()) {
      for (ImageFormat format : ImageFormat.values()) {
        String reader =
            readers.use(format, new byte[0], found -> found.getClass().getPackageName());
        assertThat(reader)
            .as("%s", format)
            .startsWith(
                format == ImageFormat.WEBP
                    ? "com.twelvemonkeys.imageio.plugins.webp"
                    : "com.sun.imageio.plugins.");
      }
    }
  }

  @Test
  void noOtherReaderOfJpegOrPngIsOnTheClassPath() {
    for (String format : List.of("jpeg", "png", "gif", "bmp", "tiff")) {
      List<String> readers = new ArrayList<>();
      for (Iterator<ImageReader> all = ImageIO.getImageReadersByFormatName(format);
          all.hasNext(); ) {
        readers.add(all.next().getClass().getName());
      }
      assertThat(readers).as(format).hasSize(1).allMatch(name -> name.startsWith("com.sun."));
    }
  }
}
