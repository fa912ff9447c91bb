package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.List;

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
    // Split, rather than narrowed three times: backward, the parts are written once.
    List<Tensor> qkv = project.apply(x).chunk(2, 3);
    Tensor attended = heads(qkv.get(0)).attention(heads(qkv.get(1)), heads(qkv.get(2)), false);
    return output.apply(attended.permute(0, 2, 1, 3).reshape(n, tokens, width));
  }

  /** {@code [N, tokens, width] -> [N, heads, tokens, width / heads]}. */
  private Tensor heads(Tensor x) {
    return x.reshape(x.dim(0), x.dim(1), heads, width / heads).permute(0, 2, 1, 3);
  }
}
