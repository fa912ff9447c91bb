package dev.tessera.spark.settings;

import java.io.Serializable;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * A range of addresses in CIDR notation, {@code 10.1.0.0/16}.
 *
 * @param network the range's first address, 4 or 16 bytes
 * @param bits leading bits that an address of the range shares with it
 */
public record Subnet(InetAddress network, int bits) implements Serializable {

  public Subnet {
    int width = network.getAddress().length * 8;
    if (bits < 0 || bits > width) {
      throw new IllegalArgumentException("bits: " + bits + " (expected: 0 to " + width + ")");
    }
  }

  /** Reads {@code address/bits}; literal addresses only, no name is looked up. */
  public static Subnet parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? "" : text.substring(0, slash);
    InetAddress network = LiteralAddress.read(address).orElseThrow(() -> wrong(text));
    try {
      return new Subnet(network, Integer.parseInt(text.substring(slash + 1)));
    } catch (NumberFormatException e) {
      throw wrong(text);
    }
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(text + " (expected: a subnet such as 10.1.0.0/16)");
  }

  public boolean contains(InetAddress address) {
    byte[] mine = network.getAddress();
    byte[] theirs = address.getAddress();
    if (mine.length != theirs.length) {
      return false;
    }
    int whole = bits / 8;
    if (!Arrays.equals(mine, 0, whole, theirs, 0, whole)) {
      return false;
    }
    int rest = bits % 8;
    int mask = 0xff << (8 - rest);
    return rest == 0 || ((mine[whole] ^ theirs[whole]) & mask) == 0;
  }

  @Override
  public String toString() {
    return network.getHostAddress() + "/" + bits;
  }
}
