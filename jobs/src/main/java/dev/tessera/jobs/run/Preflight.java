package dev.tessera.jobs.run;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * What would stop Spark itself, looked at before it starts: left to Spark it is told after a
 * minute, or by the end of the process, in pages.
 */
public final class Preflight {

  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final String STANDALONE = "spark://";

  private Preflight() {}

  /**
   * Looks.
   *
   * @throws UserException in one sentence, with the way out
   */
  static void check(SparkConf conf) {
    Exhaustion.ofDescriptors().ifPresent(Preflight::refuse);
    ofHostName().ifPresent(Preflight::refuse);
    checkFolders(conf);
    checkMaster(conf.get("spark.master"));
  }

  private static void refuse(String sentence) {
    throw new UserException(sentence + ".");
  }

  /** A sentence where this machine's own name does not resolve, which Spark needs, else empty. */
  public static Optional<String> ofHostName() {
    if (System.getenv("SPARK_LOCAL_IP") != null) {
      return Optional.empty();
    }
    try {
      InetAddress.getLocalHost();
      return Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.of(
          "this machine's own name does not resolve ("
              + e.getMessage()
              + "): add it to /etc/hosts, or set SPARK_LOCAL_IP to an address of this machine");
    }
  }

  /** Spark takes those of its local folders that it can write, and ends the process without one. */
  private static void checkFolders(SparkConf conf) {
    String variable = System.getenv("SPARK_LOCAL_DIRS");
    String folders =
        variable != null
            ? variable
            : conf.get("spark.local.dir", System.getProperty("java.io.tmpdir"));
    List<String> refused = new ArrayList<>();
    for (String folder : folders.split(",", -1)) {
      Optional<String> reason = unwritable(folder.strip());
      if (reason.isEmpty()) {
        return;
      }
      refused.add(folder.strip() + " (" + reason.get() + ")");
    }
    throw new UserException(
        "Spark cannot write to its local folder "
            + String.join(", ", refused)
            + ": set "
            + (variable != null ? "SPARK_LOCAL_DIRS" : "spark.local.dir")
            + " to one that can be written.");
  }

  private static Optional<String> unwritable(String folder) {
    try {
      Path path = Files.createDirectories(Path.of(folder).toAbsolutePath());
      // Permissions alone do not show a file system that is mounted to be read, or is full.
      Files.delete(Files.writeString(Files.createTempFile(path, "tessera-preflight", ""), "room"));
      return Optional.empty();
    } catch (IOException | InvalidPathException e) {
      return Optional.of(reason(e));
    }
  }

  private static String reason(Exception e) {
    String name = e.getClass().getSimpleName().replaceAll("(FileSystem)?Exception$", "");
    String message = String.valueOf(e.getMessage());
    return name.equals("AccessDenied") ? "permission denied" : message;
  }

  private static void checkMaster(String master) {
    if (!master.startsWith(STANDALONE)) {
      return;
    }
    List<String> refusals = new ArrayList<>();
    for (String one : master.substring(STANDALONE.length()).split(",", -1)) {
      Optional<String> refusal = refusal(one);
      if (refusal.isEmpty()) {
        return;
      }
      refusals.add(one + ": " + refusal.get());
    }
    throw new UserException(
        "No Spark master answers at "
            + master
            + " ("
            + String.join("; ", refusals)
            + "): check --master, or start it.");
  }

  private static Optional<String> refusal(String hostAndPort) {
    URI address;
    try {
      address = URI.create(STANDALONE + hostAndPort);
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // Spark tells what it thinks of the address.
    }
    if (address.getHost() == null || address.getPort() < 0) {
      return Optional.empty();
    }
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address.getHost(), address.getPort()), (int) ANSWER.toMillis());
      return Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.of("the host is not known");
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
