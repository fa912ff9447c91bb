package dev.tessera.spark.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Addresses written out, so that no name is looked up. */
final class LiteralAddress {

  private static final Pattern FORM = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*");

  private LiteralAddress() {}

  /** Reads an IPv4 or IPv6 address, the latter in brackets too; empty for anything else. */
  static Optional<InetAddress> read(String text) {
    boolean brackets = text.startsWith("[") && text.endsWith("]");
    String address = brackets ? text.substring(1, text.length() - 1) : text;
    if (!FORM.matcher(address).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(address));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}
