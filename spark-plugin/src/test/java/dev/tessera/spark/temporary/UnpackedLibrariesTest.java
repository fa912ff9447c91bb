package dev.tessera.spark.temporary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackedLibrariesTest {

  @TempDir private Path temporary;
  @TempDir private Path cache;

  private Path file(Path folder, String name, Duration age) throws IOException {
    Path file = Files.writeString(Files.createDirectories(folder).resolve(name), "library");
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    return file;
  }

  private Path old(String name) throws IOException {
    return file(temporary, name, Duration.ofHours(2));
  }

  private void sweep() {
    UnpackedLibraries.sweep(temporary, cache);
  }

  @Test
  void whatNoProcessHasMappedGoesWithItsLock() throws Exception {
    String id = "0ab3af95-7aa5-4f00-ad7d-962483ce20e4";
    for (String name :
        new String[] {
          "liblz4-java-10156158905219938079.so",
          "liblz4-java-10156158905219938079.so.lck",
          "liblz4-java-77.so.lck",
          "libzstd-jni-1.5.7-78812.so",
          "snappy-1.1.10-" + id + "-libsnappyjava.so",
          "snappy-1.1.10-" + id + "-libsnappyjava.so.lck",
          "libcommons-crypto-" + id + ".so",
          "libnetty_transport_native_epoll_x86_644711.so"
        }) {
      old(name);
    }
    sweep();

    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void whatIsOfOthersOrYoungStays() throws Exception {
    old("liblz4-java.so");
    old("liblz4-java-12.so.bak");
    old("mine-liblz4-java-12.so");
    Files.createDirectory(temporary.resolve("spark-0ab3af95-7aa5-4f00-ad7d-962483ce20e4"));
    file(temporary, "liblz4-java-12.so", Duration.ofMinutes(1));
    Path kept = file(cache, "kept", Duration.ofHours(2));
    Files.createSymbolicLink(temporary.resolve("liblz4-java-13.so"), kept);
    sweep();

    assertThat(temporary.toFile().list()).hasSize(6);
    assertThat(kept).exists();
  }

  @Test
  void anotherUsersStays() throws Exception {
    Path theirs = old("liblz4-java-12.so");
    try {
      Files.setAttribute(theirs, "unix:uid", 54321, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      assumeTrue(false, "only root can give a file to another user");
    }
    sweep();

    assertThat(theirs).exists();
  }

  @Test
  void aLibraryThatALiveProcessHasOpenStaysUntilItIsKilled() throws Exception {
    Path library = old("liblz4-java-12.so");
    Path lock = old("liblz4-java-12.so.lck");
    // Opens it before it says so, and holds it.
    Process process =
        new ProcessBuilder("sh", "-c", "exec 7<\"$0\"; echo; exec sleep 600", library.toString())
            .start();
    assertThat(process.getInputStream().read()).isEqualTo('\n');
    sweep();
    assertThat(library).exists();
    assertThat(lock).exists();

    process.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
    sweep();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aLibraryThatIsMappedStays() throws Exception {
    Path library = old("liblz4-java-12.so");
    try (FileChannel file = FileChannel.open(library, StandardOpenOption.READ)) {
      var mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
      file.close();
      sweep();
      assertThat(library).exists();
      assertThat(mapped.get(0)).isEqualTo((byte) 'l');
    }
  }

  @Test
  void whatDjlHalfUnpackedGoesWhenNobodyWritesIt() throws Exception {
    Duration aWhile = Duration.ofHours(2);
    Path dead = file(cache.resolve("tmp123"), "libtorch_cpu.so", aWhile).getParent();
    Path busy = file(cache.resolve("tmp456"), "libtorch_cpu.so", Duration.ZERO).getParent();
    Path half = file(cache.resolve("2.7.1-cpu"), "jni12tmp", aWhile);
    Path whole = file(cache.resolve("2.7.1-cpu"), "libtorch_cpu.so", aWhile);
    for (Path folder : new Path[] {dead, busy}) {
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minus(aWhile)));
    }
    sweep();

    assertThat(dead).doesNotExist();
    assertThat(busy).isDirectory();
    assertThat(half).doesNotExist();
    assertThat(whole).exists();
  }

  @Test
  void theFolderOfLibtorchIsDjlsOwnChoice() {
    assertThat(LibtorchCache.folder(Map.of("DJL_CACHE_DIR", "/a", "ENGINE_CACHE_DIR", "/b")))
        .isEqualTo(Path.of("/b"));
    assertThat(LibtorchCache.folder(Map.of("DJL_CACHE_DIR", "/a", "ENGINE_CACHE_DIR", "")))
        .isEqualTo(Path.of("/a"));
    assertThat(LibtorchCache.folder(Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".djl.ai"));
  }
}
