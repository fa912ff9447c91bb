package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;

/** One call of an operation on this rank: what a schedule exchanges messages through. */
final class Call {

  private final Mesh mesh;
  private final Duplex duplex;
  private final Workspace workspace;
  private final MessageHeader header;
  private final int rank;
  private final int size;
  private long sent;

  Call(Mesh mesh, Duplex duplex, Workspace workspace, MessageHeader header, int rank, int size) {
    this.mesh = mesh;
    this.duplex = duplex;
    this.workspace = workspace;
    this.header = header;
    this.rank = rank;
    this.size = size;
  }

  int rank() {
    return rank;
  }

  int size() {
    return size;
  }

  /** Payload bytes sent by this call so far. */
  long sent() {
    return sent;
  }

  /** Sends all of {@code segments}. */
  Outbox send(int round, int to, Segments segments) {
    return send(round, to, segments, segments.bytes());
  }

  /** Sends {@code lead} bytes, then as much more as the inbox has finished. */
  Outbox send(int round, int to, Segments segments, long lead) {
    return new Outbox(mesh.link(to), workspace.outHeader(), header.inRound(round), segments, lead);
  }

  /** Receives {@code segments}, adding the first {@code sums} of them. */
  Inbox receive(int round, int from, Segments segments, int sums) {
    return new Inbox(mesh.link(from), header.inRound(round), workspace, segments, sums);
  }

  /** Moves both messages at once; either may be null. */
  void exchange(Outbox out, Inbox in) {
    duplex.run(out, in, header);
    sent += out == null ? 0 : out.sent();
  }

  /** Adds the partner's vector to this rank's, both whole: one message's latency. */
  void exchangeWhole(int round, int partner, FloatMemory memory) {
    Segments copy = Segments.of(workspace.copy(memory));
    exchange(send(round, partner, copy), receive(round, partner, Segments.of(memory), 1));
  }
}
