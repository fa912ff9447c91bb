package dev.tessera.jobs.run;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the operating system has no more of, as Spark's and Hadoop's failures tell it. */
public final class Exhaustion {

  /** Spark alone opens some three hundred jars. */
  public static final long LEAST_DESCRIPTORS = 1024;

  private static final Pattern FILE = Pattern.compile("(/[^\\s:()\\[\\]]+)");

  private Exhaustion() {}

  /** Empty where it is another failure. */
  public static Optional<String> sentence(Throwable failure) {
    for (String line : String.valueOf(failure.getMessage()).lines().toList()) {
      if (line.contains("No space left on device") || line.contains("Disk quota exceeded")) {
        Matcher file = FILE.matcher(line);
        return Optional.of(
            "the disk is full"
                + (file.find() ? " (" + file.group(1) + ")" : "")
                + ": free some space where the output, spark.local.dir and the temporary folder are;"
                + " nothing half-done is kept");
      }
      if (line.contains("Too many open files")) {
        return Optional.of(descriptors(most()));
      }
    }
    return Optional.empty();
  }

  /** A sentence where this process may open too few files, else empty. */
  public static Optional<String> ofDescriptors() {
    long most = most();
    return most >= 0 && most < LEAST_DESCRIPTORS
        ? Optional.of(descriptors(most))
        : Optional.empty();
  }

  private static String descriptors(long most) {
    return "a process may open only "
        + most
        + " files (ulimit -n), and Spark's jars, shards and ranks need "
        + LEAST_DESCRIPTORS
        + " or more: raise it, by ulimit -n 4096 before the command";
  }

  private static long most() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? system.getMaxFileDescriptorCount()
        : -1;
  }
}
