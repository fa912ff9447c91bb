package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;

/** Multi-head attention of tokens to one another: {@code [N, tokens, width] -> same}. */
final class SelfAttention {

  private final int width;
  private final int heads;
  private final Linear project;
  private final Linear output;

  SelfAttention(Scope scope, int width, int heads) {
    this.width = width;
    this.heads = heads;
    project = Linear.of(scope.child("qkv"), width, 3L * width);
    output = Linear.of(scope.child("output"), width, width);
  }

  Tensor apply(Tensor x) {
    long n = x.dim(0);
    long tokens = x.dim(1);
    Tensor qkv =
        project.apply(x).reshape(n, tokens, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
    Tensor attended = part(qkv, 0).attention(part(qkv, 1), part(qkv, 2), false);
    return output.apply(attended.permute(0, 2, 1, 3).reshape(n, tokens, width));
  }

  private Tensor part(Tensor qkv, int i) {
    return qkv.narrow(0, i, 1).reshape(qkv.dim(1), heads, qkv.dim(3), width / heads);
  }
}
