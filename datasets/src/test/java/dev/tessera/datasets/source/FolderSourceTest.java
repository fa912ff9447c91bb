package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.FaultyFileSystem;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.Pictures;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {

  private static final Configuration CONF = FaultyFileSystem.configuration();

  @TempDir private Path dir;

  @BeforeEach
  void writePictures() throws IOException {
    for (int i = 0; i < 8; i++) {
      Files.write(dir.resolve(i + ".png"), Pictures.png(Pictures.noise(8, 8, i)));
    }
  }

  @AfterEach
  void repair() {
    FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    assertThat(FaultyFileSystem.openStreams()).isZero();
  }

  @Test
  void oneUnreadableFileIsOneUnreadablePicture() throws Exception {
    FaultyFileSystem.failBy(
        (operation, path) -> {
          switch (path.getName()) {
            case "0.png" -> throw new AccessControlException("Permission denied: user=nobody");
            case "1.png" -> throw new FileNotFoundException(path + " (Permission denied)");
            case "2.png" -> throw new AccessDeniedException(path.toString());
            case "3.png" -> Files.writeString(dir.resolve("3.png"), "cut short");
            case "4.png" -> throw new FileNotFoundException("File does not exist");
            default -> {}
          }
        });
    List<RawImage> all = read(() -> Files.delete(dir.resolve("5.png")));
    assertThat(all).hasSize(8);
    assertThat(all.stream().map(FolderSourceTest::reason).collect(Collectors.joining("\n")))
        .isEqualTo(
            """
            may not be read: permission denied
            may not be read: permission denied
            may not be read: permission denied
            truncated: shorter than the file system says
            vanished since it was listed
            vanished since it was listed
            -
            -""");
  }

  @Test
  void aFolderThatMayNotBeReadIsNamedWithTheWayOut() throws Exception {
    Files.createDirectories(dir.resolve("closed"));
    FaultyFileSystem.failBy(
        (operation, path) -> {
          if (operation.equals("list") && path.getName().equals("closed")) {
            throw new AccessControlException("Permission denied: user=nobody");
          }
        });
    String spec = "faulty://" + dir;
    assertThatThrownBy(() -> SourceSpec.parse(CONF, spec, SourceOptions.of(false, 32)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageEndingWith("/closed may not be read: allow it, or give an input without it");
    assertThatThrownBy(() -> read(() -> {}))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("may not be read: allow it");
  }

  @Test
  void aLostConnectionIsNoReasonForTheQuarantine() {
    FaultyFileSystem.failBy(
        (operation, path) -> {
          if (operation.equals("open")) {
            throw new ConnectException("Connection refused");
          }
        });
    assertThatThrownBy(() -> read(() -> {})).isInstanceOf(ConnectException.class);
  }

  private static String reason(RawImage image) {
    return image.content() instanceof RawImage.Unreadable unreadable ? unreadable.reason() : "-";
  }

  private interface Meanwhile {
    void run() throws IOException;
  }

  private List<RawImage> read(Meanwhile meanwhile) throws IOException {
    FolderSource source =
        new FolderSource(InputFiles.of("faulty://" + dir), false, true, Columns.defaults());
    Split all = source.list(CONF).splits(1).get(0);
    meanwhile.run();
    List<RawImage> images = new ArrayList<>();
    try (RawImages opened = source.open(CONF, all)) {
      for (RawImage image = opened.next(); image != null; image = opened.next()) {
        images.add(image);
      }
    }
    return images;
  }
}
