package dev.tessera.datasets.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFolderTest {

  private static final long PID = 4711;
  private static final long TICKS = 98765;

  @TempDir private Path dir;

  /** As Linux writes it, of a command with brackets and spaces in its name. */
  private void process(char state, long ticks) throws IOException {
    Files.createDirectories(dir.resolve(Long.toString(PID)));
    Files.writeString(
        dir.resolve(PID + "/stat"),
        PID
            + " (a (b) 1 2) "
            + state
            + " 1 4711 4711 0 -1 4194560 1 0 0 0 7 8 0 0 20 0 33 0 "
            + ticks
            + " 12345678 100 18446744073709551615 1 1 0\n");
  }

  private void mounted(String options) throws IOException {
    Files.createDirectories(dir.resolve("self"));
    Files.writeString(
        dir.resolve("self/mountinfo"),
        "22 1 8:1 / / rw - ext4 /dev/x rw\n23 22 0:5 / /proc rw - proc proc " + options + "\n");
  }

  @Test
  void aNumberIsItsProcessWhileItBeganAtThatTick() throws Exception {
    ProcFolder proc = new ProcFolder(dir);
    process('S', TICKS);
    assertThat(proc.startTicks(PID)).isEqualTo(TICKS);
    assertThat(proc.hasEnded(PID, TICKS)).isFalse();
    assertThat(proc.hasEnded(PID, 0)).isFalse();
    assertThat(proc.hasEnded(PID, TICKS - 1)).isTrue();
    process('Z', TICKS);
    assertThat(proc.hasEnded(PID, TICKS)).isTrue();
  }

  @Test
  void aProcessThatIsNotListedHasEndedOnlyWhereAllAreListed() throws Exception {
    ProcFolder proc = new ProcFolder(dir);
    assertThat(proc.hasEnded(PID, TICKS)).isFalse();
    for (String all : new String[] {"rw", "rw,hidepid=0", "rw,hidepid=off", "rw,hidepid=1"}) {
      mounted(all);
      assertThat(proc.hasEnded(PID, TICKS)).as(all).isTrue();
    }
    for (String hidden : new String[] {"rw,hidepid=2", "rw,gid=5,hidepid=invisible", "hidepid=4"}) {
      mounted(hidden);
      assertThat(proc.hasEnded(PID, TICKS)).as(hidden).isFalse();
    }
  }

  @Test
  void whatCannotBeReadIsNotKnown() throws Exception {
    mounted("rw");
    Files.createDirectories(dir.resolve(PID + "/stat"));
    assertThat(new ProcFolder(dir).hasEnded(PID, TICKS)).isFalse();
    assertThat(new ProcFolder(dir.resolve("none")).machine()).isEmpty();
  }

  @Test
  void thisProcessLives() {
    assumeThat(Path.of("/proc/self/stat")).as("needs /proc").exists();
    long pid = ProcessHandle.current().pid();
    long ticks = ProcFolder.HERE.startTicks(pid);
    assertThat(ticks).isPositive();
    assertThat(ProcFolder.HERE.hasEnded(pid, ticks)).isFalse();
    assertThat(ProcFolder.HERE.hasEnded(pid, ticks + 1)).isTrue();
    assertThat(ProcFolder.HERE.machine()).isNotEmpty();
  }
}
