package dev.tessera.models.graph;

import static dev.tessera.models.graph.Operand.apart;
import static dev.tessera.models.graph.Operand.awayFrom;
import static dev.tessera.models.graph.Operand.between;
import static dev.tessera.models.graph.Operand.indices;
import static dev.tessera.models.graph.Operand.of;
import static dev.tessera.models.graph.Operand.truth;

import java.util.ArrayList;
import java.util.List;

/**
 * Every operation with operands that hold sizes of 1, odd sizes, broadcasting and views, at values
 * away from kinks.
 */
@SuppressWarnings("BadImport") // A table of operands.
final class OperationCases {

  private final List<OperationCase> cases = new ArrayList<>();

  private OperationCases() {}

  static List<OperationCase> all() {
    OperationCases all = new OperationCases();
    all.pointwise();
    all.reductions();
    all.contractions();
    all.normalizations();
    all.structure();
    all.indexing();
    all.creation();
    all.gradients();
    all.updates();
    return all.cases;
  }

  private void add(Operation operation, Operand... operands) {
    cases.add(OperationCase.of(operation, operands));
  }

  private void pointwise() {
    for (Pointwise.Unary unary : Pointwise.Unary.values()) {
      unary(unary, domain(unary));
    }
    unary(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.ADD, -1.5), awayFrom());
    unary(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.MUL, 3e-7), awayFrom());
    unary(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.MUL, -2e7), between(-1e-7, 1e-7));
    for (double exponent : new double[] {2, 3, 0.5, -1.5}) {
      unary(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.POW, exponent), between(0.5, 2));
    }
    unary(new Pointwise.LeakyRelu(0.2), awayFrom(0));
    unary(new Pointwise.Clamp(-1, 0.5), awayFrom(-1, 0.5));
    unary(new Pointwise.Clamp(Double.NEGATIVE_INFINITY, 0.5), awayFrom(0.5));
    for (Pointwise.Binary binary : Pointwise.Binary.values()) {
      binary(binary);
    }
    for (Pointwise.Compare compare : Pointwise.Compare.values()) {
      binary(compare);
    }
    Pointwise.Where where = new Pointwise.Where();
    add(where, truth(2, 3), of(2, 3), of(2, 3).permuted());
    add(where, truth(3, 1), of(1, 5).narrowed(), of());
    add(where, truth(1), of(2, 1), of(2, 1, 3));
    Pointwise.AddProduct addProduct = new Pointwise.AddProduct();
    add(addProduct, of(2, 3), of(2, 3).permuted(), of(2, 3));
    add(addProduct, of(2, 4, 3), of(2, 1, 3), of(2, 4, 3).narrowed());
    add(addProduct, of(1), of(3, 1), of(5));
  }

  private static Operand.Values domain(Pointwise.Unary unary) {
    return switch (unary) {
      case LOG, LOG1P, SQRT, RSQRT, RECIPROCAL -> between(0.5, 2);
      case FLOOR -> awayFrom(-1, 0, 1);
      case ROUND -> awayFrom(-1.5, -0.5, 0.5, 1.5);
      default -> awayFrom(0);
    };
  }

  private void unary(Operation operation, Operand.Values values) {
    add(operation, of(values, 3, 5));
    add(operation, of(values, 1, 4, 3).permuted());
    add(operation, of(values, 7).narrowed());
    add(operation, of(values));
  }

  private void binary(Operation operation) {
    Operand.Values left = apart(3);
    Operand.Values right = apart(3.1);
    add(operation, of(left, 2, 3), of(right, 2, 3).permuted());
    add(operation, of(left, 4, 1).narrowed(), of(right, 1, 3));
    add(operation, of(left, 5), of(right));
    add(operation, of(left, 2, 1, 3), of(right, 5, 1).permuted());
  }

  private void reductions() {
    for (Reduction.Reduce.Kind kind : Reduction.Reduce.Kind.values()) {
      for (List<Integer> dims : List.of(List.of(0), List.of(-1), List.of(0, 2), List.of(1))) {
        add(new Reduction.Reduce(kind, dims), of(apart(0), 3, 1, 5).permuted());
      }
      add(new Reduction.Reduce(kind, List.of(1, 0)), of(apart(0), 3, 4).narrowed());
    }
    for (boolean least : new boolean[] {false, true}) {
      add(new Reduction.ArgReduce(least, -1), of(apart(0), 3, 5).permuted());
      add(new Reduction.ArgReduce(least, 0), of(apart(0), 1, 5));
    }
    add(new Reduction.CumulativeSum(0), of(4));
    add(new Reduction.CumulativeSum(-1), of(3, 5).permuted());
    for (Operation softmax :
        List.of(
            new Reduction.Softmax(-1), new Reduction.LogSoftmax(-1), new Reduction.Softmax(0))) {
      add(softmax, of(3, 5).permuted());
      add(softmax, of(1, 1));
      add(softmax, of(2, 3, 3).narrowed());
    }
  }

  private void contractions() {
    Contraction.MatMul matmul = new Contraction.MatMul();
    add(matmul, of(3, 5), of(5, 1).permuted());
    add(matmul, of(2, 1, 3, 2).narrowed(), of(3, 2, 1));
    add(matmul, of(1, 1, 3), of(4, 3, 5).permuted());
    Contraction.Linear linear = new Contraction.Linear();
    add(linear, of(3, 5), of(2, 5), of(2));
    add(linear, of(2, 1, 3).permuted(), of(4, 3).narrowed());
    add(linear, of(5), of(1, 5).permuted(), of(1));
    add(new Contraction.Conv2d(1, 1), of(1, 2, 5, 3), of(3, 2, 3, 3), of(3));
    add(new Contraction.Conv2d(2, 1), of(2, 1, 5, 4).permuted(), of(1, 1, 3, 3).narrowed());
    add(new Contraction.Conv2d(1, 0), of(2, 3, 2, 3).narrowed(), of(1, 3, 1, 1), of(1));
    add(new Contraction.Conv2d(2, 2), of(1, 1, 3, 5), of(2, 1, 4, 4).permuted(), of(2));
    for (boolean vectors : new boolean[] {false, true}) {
      Decomposition.SymmetricEigen eigen = new Decomposition.SymmetricEigen(vectors);
      add(eigen, of(4, 4).permuted());
      add(eigen, of(2, 3, 3).narrowed());
      add(eigen, of(1, 1));
    }
    add(new Contraction.Depthwise(1), of(2, 3, 4, 5).permuted(), of(3, 1, 3, 3));
    add(new Contraction.Depthwise(0), of(1, 2, 3, 4), of(2, 1, 3, 3).narrowed());
    add(new Contraction.Depthwise(2), of(1, 1, 2, 1).narrowed(), of(1, 1, 4, 4));
    for (boolean causal : new boolean[] {false, true}) {
      Contraction.Attention attention = new Contraction.Attention(causal);
      add(attention, of(2, 1, 3, 5), of(2, 1, 3, 5).permuted(), of(2, 1, 3, 5).narrowed());
      add(attention, of(1, 2, 3, 1), of(1, 2, 4, 1), of(1, 2, 4, 1));
      add(attention, of(1, 1, 1, 4).narrowed(), of(1, 1, 1, 4), of(1, 1, 1, 4));
    }
  }

  private void normalizations() {
    add(new Normalization.GroupNorm(1, 1e-5), of(2, 3, 2, 3), of(3), of(3));
    add(
        new Normalization.GroupNorm(3, 1e-2),
        of(apart(0), 1, 6, 3).permuted(),
        of(6).narrowed(),
        of(6));
    add(new Normalization.GroupNorm(2, 1e-2), of(apart(0), 2, 6), of(6), of(6));
    add(new Normalization.LayerNorm(5, 1e-5), of(3, 5).permuted());
    add(
        new Normalization.LayerNorm(3, 1e-3),
        of(apart(0), 2, 1, 3).narrowed(),
        of(3),
        of(3).narrowed());
    add(new Normalization.LayerNorm(7, 1e-2), of(7), of(7), of(7));
  }

  private void structure() {
    add(new Views.Reshape(Shape.of(5, 3)), of(3, 5).permuted());
    add(new Views.Reshape(Shape.of()), of(1, 1));
    add(new Views.Reshape(Shape.of(2, 1, 3)), of(6).narrowed());
    add(new Views.Permute(List.of(2, 0, 1)), of(1, 3, 4));
    add(new Views.Permute(List.of(1, 0)), of(3, 2).narrowed());
    add(new Views.Expand(Shape.of(3, 1), Shape.of(2, 3, 4)), of(3, 1));
    add(new Views.Expand(Shape.of(), Shape.of(2, 1)), of());
    add(new Views.Expand(Shape.of(1, 3), Shape.of(4, 3)), of(1, 3).permuted());
    add(new Views.Narrow(1, 1, 3), of(2, 5).permuted());
    add(new Views.Narrow(-1, 0, 1), of(3, 3));
    add(new Structure.Cat(1), of(2, 3), of(2, 1).permuted(), of(2, 2).narrowed());
    add(new Structure.Cat(-2), of(1, 3), of(4, 3));
    add(new Views.Split(List.of(1L, 3L, 1L), 1), of(2, 5).permuted());
    add(new Views.Split(List.of(2L, 1L), -1), of(3).narrowed());
    add(new Structure.Flip(0), of(3, 2).permuted());
    add(new Structure.Flip(-1), of(1, 5));
    add(new Views.Contiguous(), of(3, 4).permuted());
    add(new Views.Contiguous(), of(5));
    add(new Views.ChannelsLast(), of(2, 3, 4, 2));
    add(new Structure.PadZeros(1, 2), of(2, 3, 4, 2));
    add(new Structure.PadZeros(0, 1), of(1, 2, 3, 3).permuted());
    add(new Views.ChannelsLast(), of(1, 3, 2, 2).permuted());
    add(new Structure.Cast(DType.FLOAT64), of(3, 1).permuted());
    add(new Structure.Cast(DType.INT64), of(awayFrom(-1, 0, 1), 5));
    add(new Views.Detach(), of(2, 3).permuted());
    add(new Structure.UpsampleNearest(2), of(1, 2, 3, 1).permuted());
    add(new Structure.UpsampleNearest(3), of(2, 1, 1, 2).narrowed());
    add(new Structure.AvgPool(2), of(1, 2, 4, 2).permuted());
    add(new Structure.AvgPool(3), of(2, 1, 3, 3));
    // A leaf takes no gradient further: its derivative is none, though one flows to it.
    cases.add(
        new OperationCase(
            new Views.Leaf(),
            List.of(of(2, 3).permuted()),
            tensors -> List.of(tensors.get(0).leaf().detach())));
  }

  private void indexing() {
    Indexing.Embedding embedding = new Indexing.Embedding();
    add(embedding, of(4, 3), indices(4, 5));
    add(embedding, of(1, 3).permuted(), indices(1, 2, 1));
    add(embedding, of(5, 2).narrowed(), indices(5));
    Indexing.IndexAdd indexAdd = new Indexing.IndexAdd();
    add(indexAdd, of(3, 2), indices(3, 5), of(5, 2).permuted());
    add(indexAdd, of(4).narrowed(), indices(4, 3), of(3));
    add(new Indexing.Sampled(), of(2, 3, 5, 4), of(between(-1.2, 1.2), 2, 3, 2, 2));
    add(new Indexing.Sampled(), of(1, 1, 4, 3).permuted(), of(between(-0.9, 0.9), 1, 1, 5, 2));
    add(new Indexing.Gather(1), of(3, 5).permuted(), indices(5, 3, 2));
    add(new Indexing.Gather(-2), of(4, 1).narrowed(), indices(4, 7, 1));
  }

  private void creation() {
    for (DType dtype : List.of(DType.FLOAT64, DType.INT64, DType.BOOL, DType.FLOAT32)) {
      add(new Creation.Full(new TensorType(dtype, Shape.of(2, 3)), 1), of(1));
    }
    add(new Creation.Full(new TensorType(DType.FLOAT64, Shape.of()), -1.5e-9), of(1));
    add(new Creation.Range(5, DType.INT64), of(1));
    add(new Creation.Range(1, DType.FLOAT64), of(1));
    for (Creation.Random.Law law : Creation.Random.Law.values()) {
      for (Shape shape : List.of(Shape.of(3, 5), Shape.of(), Shape.of(2, 1, 2))) {
        add(new Creation.Random(law, 7, new TensorType(DType.FLOAT64, shape)), indices(1 << 20));
      }
    }
  }

  private void gradients() {
    for (boolean createGraph : new boolean[] {false, true}) {
      for (boolean retain : new boolean[] {false, true}) {
        Grad grad = new Grad(1, 1, createGraph, retain);
        cases.add(
            new OperationCase(
                grad,
                List.of(of(3, 5).permuted(), of(3, 5)),
                tensors -> {
                  Tensor x = tensors.get(0);
                  Trace trace = x.trace();
                  Tensor y = x.mul(tensors.get(1)).sin();
                  return trace.applyAll(grad, y, x, tensors.get(1).square());
                }));
      }
    }
  }

  private void updates() {
    List<TensorType> parts =
        List.of(
            new TensorType(DType.FLOAT64, Shape.of(2, 3)),
            new TensorType(DType.FLOAT64, Shape.of(2, 1, 3, 2)),
            new TensorType(DType.FLOAT64, Shape.of()),
            new TensorType(DType.FLOAT64, Shape.of(3, 1)));
    add(
        new Assemble(DType.FLOAT64, parts),
        of(2, 3).permuted(),
        of(2, 1, 3, 2).permuted(),
        of(),
        of(3, 1));
    add(new InPlace.Copy(), of(3, 5).buffer(), of(3, 5).permuted());
    add(new InPlace.Lerp(), of(5).buffer(), of(5).narrowed(), of(between(0, 1)));
    add(new InPlace.AddScaled(-0.5), of(1, 3).buffer(), of(1, 3));
    add(
        new InPlace.AdamW(0.9, 0.999, 1e-8, 0.01, false, false),
        of(7).buffer(),
        of(7).constant(),
        of(7).buffer(),
        of(between(0, 1), 7).buffer(),
        of(between(1, 2)).as(DType.FLOAT32).constant(),
        of(between(0, 1)).as(DType.FLOAT32).constant());
    add(
        new InPlace.AdamW(0.9, 0.999, 1e-8, 0.01, true, false),
        of(7).buffer(),
        of(7).constant().buffer(),
        of(7).buffer(),
        of(between(0, 1), 7).buffer(),
        of(between(1, 2)).as(DType.FLOAT32).constant(),
        of(between(0, 1)).as(DType.FLOAT32).constant(),
        of(between(1.5, 2)).as(DType.FLOAT32).constant());
    add(
        new InPlace.AdamW(0.9, 0.999, 1e-8, 0.01, true, true),
        of(7).buffer(),
        of(7).constant().buffer(),
        of(7).buffer(),
        of(between(0, 1), 7).buffer(),
        of(between(1, 2)).as(DType.FLOAT32).constant(),
        of(between(0, 1)).as(DType.FLOAT32).constant(),
        of(between(1.5, 2)).as(DType.FLOAT32).constant(),
        // Below 1: nothing is skipped.
        of(between(0, 0.5)).as(DType.FLOAT32).constant());
    add(
        new InPlace.AdamW(0.9, 0.999, 1e-8, 0.01, false, true),
        of(7).buffer(),
        of(7).constant(),
        of(7).buffer(),
        of(between(0, 1), 7).buffer(),
        of(between(1, 2)).as(DType.FLOAT32).constant(),
        of(between(0, 1)).as(DType.FLOAT32).constant(),
        of(between(0, 0.5)).as(DType.FLOAT32).constant());
  }
}
