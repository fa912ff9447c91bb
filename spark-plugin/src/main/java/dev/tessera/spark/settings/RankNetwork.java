package dev.tessera.spark.settings;

import java.io.Serializable;

/**
 * How ranks reach each other.
 *
 * @param subnet the network that ranks talk over, or null for the address Spark itself uses
 * @param ports that ranks listen on
 * @param encryption which gangs encrypt and authenticate what they send over TCP
 * @param requireEncryption whether a gang is refused where anything of it is in the clear
 */
public record RankNetwork(
    Subnet subnet, PortRange ports, Encryption encryption, boolean requireEncryption)
    implements Serializable {}
