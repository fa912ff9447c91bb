package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.models.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NcclLibraryTest {

  @TempDir private Path folder;

  @Test
  void itIsLookedForBesideLibtorchThenWherePythonsPackagesPutIt() throws Exception {
    assumeTrue(LoadedLibrary.path("libnccl.so.2").isEmpty(), "NCCL is loaded: it comes first");
    Path torch = Files.createDirectories(folder.resolve("site-packages/torch/lib"));
    Path wheel = Files.createDirectories(folder.resolve("site-packages/nvidia/nccl/lib"));
    Files.createFile(torch.resolve("libnccl.so.2"));
    Files.createFile(wheel.resolve("libnccl.so.2"));

    assertThat(NcclLibrary.candidates(torch))
        .isEqualTo(
            List.of(
                torch.resolve("libnccl.so.2").toString(),
                wheel.resolve("libnccl.so.2").toString(),
                "libnccl.so.2"));
  }

  @Test
  void aMissingLibraryIsToldInOneSentence() {
    assumeTrue(LoadedLibrary.path("libnccl.so.2").isEmpty(), "NCCL is loaded");
    assumeTrue(missingFromTheLoader(), "the loader knows an NCCL");
    assertThatThrownBy(() -> NcclLibrary.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("NCCL cannot be loaded (")
        .hasMessageEndingWith(
            "): put the folder of libnccl.so.2 into LD_LIBRARY_PATH of every executor, or use one"
                + " rank.");
  }

  private static boolean missingFromTheLoader() {
    try {
      com.sun.jna.NativeLibrary.getInstance("libnccl.so.2");
      return false;
    } catch (UnsatisfiedLinkError e) {
      return true;
    }
  }

  @Test
  void versionsReadAsNvidiaWritesThem() {
    assertThat(NcclLibrary.version(22809)).isEqualTo("2.28.9");
    assertThat(NcclLibrary.version(23203)).isEqualTo("2.32.3");
  }
}
