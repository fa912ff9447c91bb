package dev.tessera.spark.collective;

/**
 * The keys of one connection, from its handshake; each direction has its own.
 *
 * @param outgoing seals what this end sends
 * @param incoming opens what the other end sent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SessionKeys(byte[] outgoing, byte[] incoming) {

  /** So that no key reaches a log. */
  @Override
  public String toString() {
    return "keys of a connection";
  }
}
