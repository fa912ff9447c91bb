package dev.tessera.datasets.lease;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;

/**
 * The process that owns a folder, as its claim says.
 *
 * @param id of the claim, random
 * @param host name of the machine
 * @param machine as {@link ProcFolder#machine}
 * @param pid number of the process
 * @param ticks when the process began, since numbers are used again: {@link ProcFolder#startTicks}
 * @param since when it claimed the folder, ISO 8601
 * @param doing what it does there
 * @param held whether it owns the folder, as one that is merely claiming does not
 * @param displaced claims that it has taken over, expired ones among them: should their owners
 *     still live, and renew at that moment, they find it here
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Owner(
    String id,
    String host,
    String machine,
    long pid,
    long ticks,
    String since,
    String doing,
    boolean held,
    List<String> displaced) {

  private static final int ID_DIGITS = 12;

  Owner {
    displaced = displaced == null ? List.of() : List.copyOf(displaced);
  }

  /** This process, with a new claim. */
  static Owner here(String doing) {
    long pid = ProcessHandle.current().pid();
    return new Owner(
        UUID.randomUUID().toString().replace("-", "").substring(0, ID_DIGITS),
        hostName(),
        ProcFolder.HERE.machine(),
        pid,
        ProcFolder.HERE.startTicks(pid),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        doing,
        false,
        List.of());
  }

  Owner holding(List<String> instead) {
    return new Owner(id, host, machine, pid, ticks, since, doing, true, instead);
  }

  /** Whether its process is known to have ended. */
  boolean isDead() {
    return machine != null
        && !machine.isEmpty()
        && machine.equals(ProcFolder.HERE.machine())
        && ProcFolder.HERE.hasEnded(pid, ticks);
  }

  String where() {
    return "process " + pid + " on " + host + " since " + since + " (" + doing + ")";
  }

  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unnamed host";
    }
  }
}
