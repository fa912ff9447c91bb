package dev.tessera.spark.settings;

/** The {@code spark.tessera.*} keys: this table is the only place where one is spelled. */
public enum Setting {
  CONNECT_TIMEOUT(
      "connectTimeout",
      "60s",
      "until all ranks have met and connected; then the missing are named"),
  STALL_WARNING(
      "stallWarning", "30s", "a collective operation without progress for so long is told"),
  FAILURE_TIMEOUT("failureTimeout", "120s", "and after so long the attempt is given up"),
  MAX_ATTEMPTS(
      "maxAttempts",
      "4",
      "failed attempts in a row without a new checkpoint before a run is given up"),
  RETRY_BACKOFF(
      "retryBackoff", "1s", "pause before the second attempt, doubled for each later one"),
  RETRY_MAX_BACKOFF("retryMaxBackoff", "60s", "the longest pause between attempts"),
  SLOTS_WAIT(
      "slotsWait",
      "60s",
      "how long missing executors are awaited before an attempt; ten seconds are enough where a standalone cluster's workers stay too few"),
  COLLECTIVE_SUBNET(
      "collectiveSubnet", "", "network that ranks talk over, as 10.1.0.0/16; empty: Spark's own"),
  PORT("port", "0", "ports that ranks listen on, as 7400-7499; 0: any free one"),
  ENCRYPTION(
      "encryption",
      "auto",
      "whether ranks encrypt and authenticate what they send over TCP; auto: if it leaves a machine"),
  REQUIRE_ENCRYPTION(
      "requireEncryption",
      "false",
      "refuse a gang where Spark's messages or ranks' are in the clear"),
  TAKE_OVER(
      "takeOver",
      "",
      "ID of another process's claim that this command takes over, as its refusal names it"),
  TF32(
      "tf32",
      "false",
      "whether GPUs compute float32 as tf32; what schedule.precision must agree with"),
  SHARED_FOLDERS(
      "sharedFolders",
      "",
      "folders, with commas between, that every host mounts at the same place; asked for where the driver runs on the cluster");

  /** What every key of ours begins with. */
  public static final String PREFIX = "spark.tessera.";

  private final String name;
  private final String defaultValue;
  private final String meaning;

  Setting(String name, String defaultValue, String meaning) {
    this.name = name;
    this.defaultValue = defaultValue;
    this.meaning = meaning;
  }

  public String key() {
    return PREFIX + name;
  }

  public String defaultValue() {
    return defaultValue;
  }

  public String meaning() {
    return meaning;
  }
}
