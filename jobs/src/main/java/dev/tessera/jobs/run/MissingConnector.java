package dev.tessera.jobs.run;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.util.VersionInfo;

/**
 * What Hadoop says of a path whose file system is not on the class path, as a sentence to act on.
 */
public final class MissingConnector {

  private static final Pattern CLASS =
      Pattern.compile("Class (org\\.apache\\.hadoop\\.fs\\.\\S+|com\\.\\S+FileSystem) not found");
  private static final Pattern SCHEME = Pattern.compile("No FileSystem for scheme \"?(\\w+)\"?");

  /** Causes nest a few deep. */
  private static final int DEEPEST = 20;

  private MissingConnector() {}

  /** As {@link #sentence}, of the failure or what caused it. */
  public static Optional<String> in(Throwable failure) {
    int depth = 0;
    for (Throwable e = failure; e != null && depth++ < DEEPEST; e = e.getCause()) {
      Optional<String> sentence = sentence(e);
      if (sentence.isPresent()) {
        return sentence;
      }
    }
    return Optional.empty();
  }

  /** Empty where it is another failure. */
  public static Optional<String> sentence(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    Matcher missing = CLASS.matcher(message);
    if (missing.find()) {
      return Optional.of(
          "Hadoop's connector "
              + missing.group(1)
              + " is not on the class path: "
              + remedy(missing.group(1)));
    }
    Matcher scheme = SCHEME.matcher(message);
    if (scheme.find()) {
      return Optional.of(
          "no file system is known for " + scheme.group(1) + ": " + way(scheme.group(1)));
    }
    return Optional.empty();
  }

  private static String remedy(String type) {
    if (type.contains(".s3a.")) {
      return "add --packages org.apache.hadoop:hadoop-aws:" + VersionInfo.getVersion();
    }
    if (type.contains(".azure")) {
      return "add --packages org.apache.hadoop:hadoop-azure:" + VersionInfo.getVersion();
    }
    return type.contains(".gs.")
        ? "add Google's gcs-connector for Hadoop 3 with --jars or --packages"
        : "add its jar with --jars or --packages";
  }

  private static String way(String scheme) {
    return switch (scheme) {
      case "s3", "s3n" ->
          "write s3a:// instead, and add --packages org.apache.hadoop:hadoop-aws:"
              + VersionInfo.getVersion();
      case "gs" -> "add Google's gcs-connector for Hadoop 3 with --jars or --packages";
      case "abfs", "abfss", "wasb", "wasbs" ->
          "add --packages org.apache.hadoop:hadoop-azure:" + VersionInfo.getVersion();
      default -> "file:, hdfs: and s3a: are; check the path, or add the connector with --jars";
    };
  }
}
