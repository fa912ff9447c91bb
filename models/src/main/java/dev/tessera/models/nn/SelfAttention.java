package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/** Multi-head attention of tokens to one another: {@code [N, tokens, width] -> same}. */
final class SelfAttention {

  private final int width;
  private final int heads;
  private final Linear project;
  private final RmsNorm queries;
  private final RmsNorm keys;
  private final Linear output;

  /**
   * @param qkNorm whether queries and keys are normalised within their head
   */
  SelfAttention(Scope scope, int width, int heads, boolean qkNorm) {
    this.width = width;
    this.heads = heads;
    project = Linear.of(scope.child("qkv").stacked(3), width, 3L * width);
    queries = qkNorm ? new RmsNorm(scope.child("queries"), width / heads) : null;
    keys = qkNorm ? new RmsNorm(scope.child("keys"), width / heads) : null;
    output = Linear.of(scope.child("output"), width, width);
  }

  /**
   * @param angles by which queries and keys are turned, null for none
   */
  Tensor apply(Tensor x, Rotary.Angles angles) {
    long n = x.dim(0);
    long tokens = x.dim(1);
    // Split, rather than narrowed three times: backward, the parts are written once.
    List<Tensor> qkv = project.apply(x).chunk(2, 3);
    Tensor q = placed(queries, heads(qkv.get(0)), angles);
    Tensor k = placed(keys, heads(qkv.get(1)), angles);
    Tensor attended = q.attention(k, heads(qkv.get(2)), false);
    return output.apply(attended.permute(0, 2, 1, 3).reshape(n, tokens, width));
  }

  private static Tensor placed(RmsNorm norm, Tensor x, Rotary.Angles angles) {
    Tensor normal = norm == null ? x : norm.apply(x);
    return angles == null ? normal : angles.turn(normal);
  }

  /** {@code [N, tokens, width] -> [N, heads, tokens, width / heads]}. */
  private Tensor heads(Tensor x) {
    return x.reshape(x.dim(0), x.dim(1), heads, width / heads).permute(0, 2, 1, 3);
  }
}
