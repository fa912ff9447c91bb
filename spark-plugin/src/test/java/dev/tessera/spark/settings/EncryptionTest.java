package dev.tessera.spark.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncryptionTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1 127.0.0.1, false",
    "127.0.0.1, 127.0.0.1 127.0.1.1, false",
    "::1, [::1] ::1, false",
    "192.0.2.7, 192.0.2.7 192.0.2.7, false",
    "192.0.2.7, 192.0.2.7 192.0.2.8, true",
    "192.0.2.8, 192.0.2.7 192.0.2.8, true",
    // Both sides of a pair must answer alike.
    "127.0.0.1, 127.0.0.1 192.0.2.7, true",
    "192.0.2.7, 127.0.0.1 192.0.2.7, true",
    // Told, by whomever, that all are elsewhere than this rank knows to be.
    "192.0.2.7, 192.0.2.9 192.0.2.9, true",
    "192.0.2.7, 127.0.0.1 127.0.0.1, true",
    // What a name stands for, another may say.
    "127.0.0.1, localhost localhost, false",
    "192.0.2.7, localhost localhost, true",
    "192.0.2.7, host host, true",
    "127.0.0.1, host host, true",
    "127.0.0.1, 127.0.0.1.example.org 127.0.0.1, true",
    "0.0.0.0, 0.0.0.0 0.0.0.0, true",
    "192.0.2.7, 192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.8, true"
  })
  void autoSealsWhatLeavesAMachine(String own, String hosts, boolean sealed) throws Exception {
    InetAddress address = InetAddress.getByName(own);
    List<String> told = List.of(hosts.split(" ", -1));
    assertThat(Encryption.AUTO.seals(address, told)).isEqualTo(sealed);
    assertThat(Encryption.ALWAYS.seals(address, told)).isTrue();
    assertThat(Encryption.NEVER.seals(address, told)).isFalse();
  }
}
