package dev.tessera.spark.settings;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** Which gangs encrypt and authenticate what their ranks send each other over TCP. */
public enum Encryption {
  /** Those whose talk leaves one machine. */
  AUTO,
  ALWAYS,
  NEVER;

  /**
   * Whether a gang seals. Ranks that were told the same hosts answer alike. A rank that was told
   * others' than its own address seals, so that who forges what ranks are told cannot have them
   * send in the clear to another machine.
   *
   * @param own what this rank listens on, known to itself
   * @param hosts of all ranks, as all of them were told. A name other than localhost seals: another
   *     answer to its look-up would lead elsewhere.
   */
  public boolean seals(InetAddress own, List<String> hosts) {
    return switch (this) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> !staysHere(own, hosts);
    };
  }

  private static boolean staysHere(InetAddress own, List<String> hosts) {
    List<Optional<InetAddress>> addresses = hosts.stream().map(Encryption::address).toList();
    boolean loopback =
        own.isLoopbackAddress()
            && addresses.stream()
                .allMatch(a -> a.filter(InetAddress::isLoopbackAddress).isPresent());
    // An address that this rank listens on is this machine's, unless it stands for all of them.
    boolean mine =
        !own.isAnyLocalAddress()
            && addresses.stream().allMatch(a -> a.filter(own::equals).isPresent());
    return loopback || mine;
  }

  /** "localhost" is loopback's own name (RFC 6761), and is asked of no server. */
  private static Optional<InetAddress> address(String host) {
    return host.equals("localhost")
        ? Optional.of(InetAddress.getLoopbackAddress())
        : LiteralAddress.read(host);
  }

  /** As in the setting: auto, true or false. */
  static Optional<Encryption> read(String text) {
    return switch (text) {
      case "auto" -> Optional.of(AUTO);
      case "true" -> Optional.of(ALWAYS);
      case "false" -> Optional.of(NEVER);
      default -> Optional.empty();
    };
  }
}
