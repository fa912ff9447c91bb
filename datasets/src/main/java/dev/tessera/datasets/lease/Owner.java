package dev.tessera.datasets.lease;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * The process that owns a folder, as its claim says.
 *
 * @param id of the claim, random
 * @param host name of the machine
 * @param machine tells boots of machines and namespaces of processes apart: only within one does a
 *     number of a process mean something
 * @param pid number of the process
 * @param born when the process began, since numbers are used again; epoch milliseconds, 0 if
 *     unknown
 * @param since when it claimed the folder, ISO 8601
 * @param doing what it does there
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Owner(
    String id, String host, String machine, long pid, long born, String since, String doing) {

  /** This process, with a new claim. */
  static Owner here(String doing) {
    ProcessHandle self = ProcessHandle.current();
    return new Owner(
        UUID.randomUUID().toString(),
        hostName(),
        machineId(),
        self.pid(),
        born(self),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        doing);
  }

  /** Whether its process is known to have ended: it had a number of this machine, now nobody's. */
  boolean isDead() {
    if (machine == null || machine.isEmpty() || !machine.equals(machineId())) {
      return false;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    return process.isEmpty() || (born != 0 && born(process.get()) != 0 && differ(process.get()));
  }

  /** Linux tells the begin of a process to a hundredth of a second. */
  private boolean differ(ProcessHandle process) {
    return Math.abs(born(process) - born) > 1000;
  }

  String where() {
    return "process " + pid + " on " + host + " since " + since + " (" + doing + ")";
  }

  private static long born(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unnamed host";
    }
  }

  private static String machineId() {
    try {
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      return boot + " " + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
