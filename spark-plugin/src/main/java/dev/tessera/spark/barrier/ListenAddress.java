package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.settings.Setting;
import dev.tessera.spark.settings.Subnet;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Optional;

/** The address a rank announces to its peers. */
final class ListenAddress {

  private ListenAddress() {}

  /**
   * The address of this host inside the preferred subnet, or Spark's own name for the host.
   *
   * @throws UserException if no interface of this host is in the subnet
   */
  static String choose(Optional<Subnet> subnet, String sparkHost) {
    if (subnet.isEmpty()) {
      return sparkHost;
    }
    List<InetAddress> addresses = addresses();
    return addresses.stream()
        .filter(subnet.get()::contains)
        .findFirst()
        .map(InetAddress::getHostAddress)
        .orElseThrow(
            () ->
                new UserException(
                    "Host "
                        + sparkHost
                        + " has no address in "
                        + subnet.get()
                        + " (it has "
                        + addresses.stream().map(InetAddress::getHostAddress).toList()
                        + "): change "
                        + Setting.COLLECTIVE_SUBNET.key()));
  }

  private static List<InetAddress> addresses() {
    try {
      return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses).toList();
    } catch (SocketException e) {
      throw new UncheckedIOException("Cannot list this host's network interfaces", e);
    }
  }
}
