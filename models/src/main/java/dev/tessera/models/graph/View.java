package dev.tessera.models.graph;

/** How an operation's result stands to the memory of its first operand. */
enum View {
  /** It has memory of its own. */
  NONE,
  /** It is the operand or a part of it: what is written to one is written to the other. */
  SAME,
  /** It lies there, but nothing may be written through it. */
  READ_ONLY,
  /** As {@link #SAME} if the operand's elements lie in the right order, otherwise a copy. */
  IF_ORDERED
}
