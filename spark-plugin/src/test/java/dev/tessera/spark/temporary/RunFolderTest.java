package dev.tessera.spark.temporary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Owners are real processes, killed as SIGKILL kills. */
class RunFolderTest {

  @TempDir private Path temporary;
  private final List<Process> started = new ArrayList<>();

  private Process process(Path standsIn) throws IOException {
    Process process = new ProcessBuilder("sleep", "600").directory(standsIn.toFile()).start();
    started.add(process);
    return process;
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @AfterEach
  void endAll() throws InterruptedException {
    for (Process process : started) {
      kill(process);
    }
  }

  @Test
  void theFolderOfAKilledCommandGoesAndThatOfALiveOneStays() throws Exception {
    Process owner = process(temporary);
    Process other = process(temporary);
    RunFolder dead = RunFolder.of(temporary, owner.pid());
    RunFolder live = RunFolder.of(temporary, other.pid());
    Files.writeString(dead.temporary().resolve("liblz4-java-1.so"), "x");
    Files.createDirectories(dead.folder().resolve("spark/work").resolve("app-1/0"));

    RunFolder.sweep(temporary);
    assertThat(dead.temporary().resolve("liblz4-java-1.so")).exists();

    kill(owner);
    RunFolder.sweep(temporary);
    assertThat(dead.folder()).doesNotExist();
    assertThat(live.temporary()).isDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(live.folder())))
        .isEqualTo("rwx------");
  }

  @Test
  void whatAnExecutorOfADeadDriverStillUsesStaysUntilItHasEnded() throws Exception {
    Process owner = process(temporary);
    RunFolder folder = RunFolder.of(temporary, owner.pid());
    Path work = Files.createDirectories(folder.folder().resolve("spark/work").resolve("app-1/0"));
    Process executor = process(work);
    kill(owner);

    RunFolder.sweep(temporary);
    assertThat(work).isDirectory();

    kill(executor);
    RunFolder.sweep(temporary);
    assertThat(folder.folder()).doesNotExist();
  }

  @Test
  void aNumberThatIsUsedAgainIsAnotherProcess() throws Exception {
    Process owner = process(temporary);
    ProcessIdentity now = ProcessIdentity.of(owner.pid());
    ProcessIdentity before =
        new ProcessIdentity(now.pid(), now.start() - 1, now.place(), now.boot());
    RunFolder live = RunFolder.of(temporary, owner.pid());
    Path reused = Files.createDirectory(live.folder().resolveSibling("run-" + before.name()));

    RunFolder.sweep(temporary);

    assertThat(reused).doesNotExist();
    assertThat(live.folder()).isDirectory();
  }

  @Test
  void anotherMachinesOrContainersFoldersAreLeft() throws Exception {
    Process owner = process(temporary);
    ProcessIdentity now = ProcessIdentity.of(owner.pid());
    Path own = RunFolder.of(temporary, owner.pid()).folder().getParent();
    kill(owner);
    Path elsewhere =
        Files.createDirectory(
            own.resolve("run-" + new ProcessIdentity(1, 2, "00000000", now.boot()).name()));
    Path sameName =
        Files.createDirectory(
            own.resolve("run-" + new ProcessIdentity(1, 2, now.place(), "00000000").name()));
    Path beforeBoot =
        Files.createDirectory(
            own.resolve("run-" + new ProcessIdentity(1, 3, now.place(), "00000000").name()));
    Files.setLastModifiedTime(beforeBoot, FileTime.from(Instant.EPOCH.plus(Duration.ofDays(365))));
    Path nobodys = Files.createDirectory(own.resolve("run-of-mine"));

    RunFolder.sweep(temporary);

    assertThat(elsewhere).isDirectory();
    assertThat(sameName).isDirectory();
    assertThat(beforeBoot).doesNotExist();
    assertThat(nobodys).isDirectory();
  }

  @Test
  void linksAreRemovedAndNotFollowed(@TempDir Path others) throws Exception {
    Path file = Files.writeString(others.resolve("kept"), "x");
    Process owner = process(temporary);
    RunFolder folder = RunFolder.of(temporary, owner.pid());
    Files.createSymbolicLink(folder.temporary().resolve("file"), file);
    Files.createSymbolicLink(folder.temporary().resolve("folder"), others);
    // A link by a dead owner's name is no folder of ours.
    ProcessIdentity now = ProcessIdentity.of(owner.pid());
    Path link =
        folder
            .folder()
            .resolveSibling(
                "run-" + new ProcessIdentity(now.pid(), 1, now.place(), now.boot()).name());
    Files.createSymbolicLink(link, others);
    kill(owner);

    RunFolder.sweep(temporary);

    assertThat(folder.folder()).doesNotExist();
    assertThat(file).exists();
    assertThat(link).isSymbolicLink();
  }

  @Test
  void aNameThatIsTakenIsPassedOverAndAFolderOfOthersPermissionsIsClosed() throws Exception {
    String name = "tessera-" + System.getProperty("user.name");
    Files.writeString(temporary.resolve(name), "a file");
    Path second = Files.createDirectory(temporary.resolve(name + "-1"));
    Files.setPosixFilePermissions(second, PosixFilePermissions.fromString("rwxrwxrwx"));
    Process owner = process(temporary);

    RunFolder folder = RunFolder.of(temporary, owner.pid());

    assertThat(folder.folder()).hasParent(second);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(second)))
        .isEqualTo("rwx------");
    kill(owner);
    RunFolder.sweep(temporary);
    assertThat(second).isEmptyDirectory();
  }

  @Test
  void foldersOfTheFormerFormGoADayAfterTheirLastRun() throws Exception {
    Path own = RunFolder.of(temporary, process(temporary).pid()).folder().getParent();
    Path old = Files.createDirectories(own.resolve("spark-1a2b/work").resolve("app-1")).getParent();
    Path young =
        Files.createDirectories(own.resolve("spark-3c4d/work").resolve("app-2")).getParent();
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(25))));

    RunFolder.sweep(temporary);

    assertThat(old.getParent()).doesNotExist();
    assertThat(young).isDirectory();
  }

  @Test
  void logsOfExecutorsAreKeptForADayWhereTheyAreAskedFor() throws Exception {
    RunFolder folder = RunFolder.of(temporary, process(temporary).pid());
    assertThat(folder.keepLogs()).isEmpty();
    Path work = Files.createDirectories(folder.folder().resolve("spark/work").resolve("app-1/0"));
    Files.writeString(work.resolve("stderr"), "why it died");
    Files.writeString(work.resolve("stdout"), "");
    Files.writeString(work.resolve("hs_err_pid7.log"), "SIGSEGV");
    Files.writeString(work.resolve("tessera.jar"), "large");

    Path logs = folder.keepLogs().orElseThrow();
    folder.remove();

    assertThat(logs.toFile().list())
        .containsExactlyInAnyOrder("app-1-0-stderr", "app-1-0-hs_err_pid7.log");
    assertThat(logs.resolve("app-1-0-stderr")).hasContent("why it died");
    RunFolder.sweep(temporary);
    assertThat(logs).isDirectory();
    Files.setLastModifiedTime(logs, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    RunFolder.sweep(temporary);
    assertThat(logs).doesNotExist();
  }

  @Test
  void aPlaceThatTakesNoFolderIsNamed() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "");

    assertThatThrownBy(() -> RunFolder.of(file, ProcessHandle.current().pid()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "A command needs a folder below "
                + file
                + " for its temporary files, and none can be made (it is no folder): free it, or"
                + " set TMPDIR");
  }
}
