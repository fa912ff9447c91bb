package dev.tessera.spark.temporary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessIdentityTest {

  private static final long SELF = ProcessHandle.current().pid();

  @TempDir private Path dir;

  private ProcessIdentity on(String machine) throws IOException {
    return ProcessIdentity.of(SELF, Files.writeString(dir.resolve("machine-id"), machine + "\n"));
  }

  private static ProcessIdentity ofAnotherBoot() throws IOException {
    ProcessIdentity self = ProcessIdentity.of(SELF);
    return new ProcessIdentity(self.pid(), self.start(), self.place(), "00000000");
  }

  @Test
  void machinesOfOneNameAreToldApart() throws Exception {
    ProcessIdentity here = on("a0");
    ProcessIdentity there = on("b1");
    assertThat(here).isEqualTo(on("a0"));
    assertThat(there.place()).isNotEqualTo(here.place());
    assertThat(there.fate(here, Instant.EPOCH, "ext4")).isEqualTo(ProcessIdentity.Fate.UNKNOWN);
    assertThat(ProcessIdentity.parse(here.name())).contains(here);
  }

  @Test
  void aMachineWithoutAnIdIsKnownByItsName() throws Exception {
    ProcessIdentity nameless = ProcessIdentity.of(SELF, dir.resolve("none"));
    assertThat(nameless).isEqualTo(ProcessIdentity.of(SELF, dir.resolve("none")));
    assertThat(nameless.fate(nameless, Instant.now(), "nfs4"))
        .isEqualTo(ProcessIdentity.Fate.ALIVE);
    assertThat(nameless.place()).isNotEqualTo(on("a0").place());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ext4", "xfs", "tmpfs", "overlay"})
  void onADiskOfItsOwnWhatIsOlderThanTheBootIsDead(String fileSystem) throws Exception {
    ProcessIdentity self = ProcessIdentity.of(SELF);
    assertThat(ofAnotherBoot().fate(self, Instant.EPOCH, fileSystem))
        .isEqualTo(ProcessIdentity.Fate.DEAD);
    assertThat(ofAnotherBoot().fate(self, Instant.now(), fileSystem))
        .isEqualTo(ProcessIdentity.Fate.UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nfs", "nfs4", "cifs", "fuse.sshfs", "lustre", "gpfs", "ceph", "9p", "?"})
  void onAnyOtherItMayBeALiveOneOfAMachineOfTheSameName(String fileSystem) throws Exception {
    assertThat(ofAnotherBoot().fate(ProcessIdentity.of(SELF), Instant.EPOCH, fileSystem))
        .isEqualTo(ProcessIdentity.Fate.UNKNOWN);
  }
}
