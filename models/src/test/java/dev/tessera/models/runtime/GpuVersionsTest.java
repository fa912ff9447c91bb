package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class GpuVersionsTest {

  @Test
  void versionsReadAsTheirMakerWritesThem() {
    assertThat(GpuVersions.dotted(13_000)).isEqualTo("13.0");
    assertThat(GpuVersions.dotted(12_080)).isEqualTo("12.8");
  }

  @Test
  void theDriversVersionIsFoundInWhatItsModuleSays() {
    assertThat(
            GpuVersions.versionIn(
                """
                NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19
                GCC version:  gcc version 12.2.0
                """))
        .isEqualTo("535.104.05");
    assertThat(
            GpuVersions.versionIn(
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release"
                    + " Build\n"))
        .isEqualTo("580.65.06");
    assertThat(GpuVersions.versionIn("something else")).isEqualTo("unknown");
  }
}
