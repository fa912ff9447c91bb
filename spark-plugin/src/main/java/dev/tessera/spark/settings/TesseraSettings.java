package dev.tessera.spark.settings;

import dev.tessera.models.UserException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * All {@code spark.tessera.*} settings of an application, read once.
 *
 * @param slotsWait how long a lost executor's replacement is awaited before ranks are counted anew
 * @param takeOver id of another process's claim that is taken over, empty for none
 * @param tf32 whether GPUs compute float32 as tf32
 */
public record TesseraSettings(
    Timeouts timeouts,
    RetryPolicy retry,
    RankNetwork network,
    Duration slotsWait,
    String takeOver,
    boolean tf32)
    implements Serializable {

  /**
   * Reads the settings.
   *
   * @throws UserException listing every unknown key and every wrong value
   */
  public static TesseraSettings from(SparkConf conf) {
    SettingsReader reader = new SettingsReader(conf);
    Duration connect = reader.duration(Setting.CONNECT_TIMEOUT);
    Duration stall = reader.duration(Setting.STALL_WARNING);
    Duration failure = reader.duration(Setting.FAILURE_TIMEOUT);
    int attempts = reader.count(Setting.MAX_ATTEMPTS);
    Duration backoff = reader.duration(Setting.RETRY_BACKOFF);
    Duration maxBackoff = reader.duration(Setting.RETRY_MAX_BACKOFF);
    Subnet subnet = reader.subnet(Setting.COLLECTIVE_SUBNET);
    PortRange ports = reader.ports(Setting.PORT);
    Encryption encryption = reader.encryption(Setting.ENCRYPTION);
    boolean required = reader.flag(Setting.REQUIRE_ENCRYPTION);
    Duration slotsWait = reader.duration(Setting.SLOTS_WAIT);
    String takeOver = reader.claim(Setting.TAKE_OVER);
    boolean tf32 = reader.flag(Setting.TF32);
    reader.require(
        SharedFolders.areAbsolute(conf),
        Setting.SHARED_FOLDERS,
        "absolute folders such as /mnt/data");
    reader.refuseUnknownKeys();
    reader.require(
        stall.compareTo(failure) <= 0,
        Setting.STALL_WARNING,
        "at most " + Setting.FAILURE_TIMEOUT.key());
    reader.require(
        backoff.compareTo(maxBackoff) <= 0,
        Setting.RETRY_BACKOFF,
        "at most " + Setting.RETRY_MAX_BACKOFF.key());
    reader.require(
        encryption != Encryption.NEVER || !required,
        Setting.ENCRYPTION,
        "true with " + Setting.REQUIRE_ENCRYPTION.key());
    reader.throwIfWrong();
    return new TesseraSettings(
        new Timeouts(connect, stall, failure),
        new RetryPolicy(attempts, backoff, maxBackoff),
        new RankNetwork(subnet, ports, required ? Encryption.ALWAYS : encryption, required),
        slotsWait,
        takeOver,
        tf32);
  }

  /** The settings of an application that sets none. */
  public static TesseraSettings defaults() {
    return from(new SparkConf(false));
  }

  public TesseraSettings withRetry(RetryPolicy policy) {
    return new TesseraSettings(timeouts, policy, network, slotsWait, takeOver, tf32);
  }

  public TesseraSettings withTimeouts(Timeouts changed) {
    return new TesseraSettings(changed, retry, network, slotsWait, takeOver, tf32);
  }

  public Optional<Subnet> preferredSubnet() {
    return Optional.ofNullable(network.subnet());
  }
}
