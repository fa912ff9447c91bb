package dev.tessera.models.graph;

import java.util.List;

/** Operations that pick or collect rows by int64 indices. */
sealed interface Indexing extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  /** Rows of {@code table [K, d]} at {@code index [...]}: {@code [..., d]}. */
  record Embedding() implements Indexing {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape table = inputs.get(0).shape();
      Shape index = indices("embedding", inputs.get(1));
      if (table.rank() != 2) {
        throw new ShapeException("embedding expects a table of [K, d], got " + table);
      }
      long[] dims = java.util.Arrays.copyOf(index.toArray(), index.rank() + 1);
      dims[index.rank()] = table.dim(1);
      return List.of(new TensorType(inputs.get(0).dtype(), Shape.of(dims)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.embedding(" + inputs.get(0) + ", " + inputs.get(1) + ", -1, False, False)");
    }
  }

  /**
   * {@code x [N, C, H, W]} at places {@code grid [N, h, w, 2]}, x and y from -1 to 1 at the outer
   * borders of the outermost elements: {@code [N, C, h, w]}. Bicubic; beyond the borders the
   * picture is mirrored.
   */
  record Sampled() implements Indexing {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      Shape grid = inputs.get(1).shape();
      boolean fits =
          x.rank() == 4
              && grid.rank() == 4
              && grid.dim(3) == 2
              && grid.dim(0) == x.dim(0)
              && (inputs.get(0).dtype() == DType.FLOAT32 || inputs.get(0).dtype() == DType.FLOAT64)
              && inputs.get(0).dtype() == inputs.get(1).dtype();
      if (!fits) {
        throw new ShapeException(
            "sampled expects [N, C, H, W] and [N, h, w, 2] of float32 or float64 alike, got "
                + inputs.get(0)
                + " and "
                + inputs.get(1));
      }
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), Shape.of(x.dim(0), x.dim(1), grid.dim(1), grid.dim(2))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.grid_sampler(" + inputs.get(0) + ", " + inputs.get(1) + ", 2, 2, False)");
    }

    @Override
    public Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** {@code base [K, ...]} plus rows {@code values [n, ...]} at {@code index [n]}, in order. */
  record IndexAdd() implements Indexing {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape base = inputs.get(0).shape();
      Shape index = indices("index add", inputs.get(1));
      Shape values = inputs.get(2).shape();
      if (inputs.get(0).dtype() != inputs.get(2).dtype()) {
        throw new ShapeException(
            "index add expects one type, got " + inputs.get(0) + " and " + inputs.get(2));
      }
      if (index.rank() != 1
          || values.rank() != base.rank()
          || !values.with(0, 0).equals(base.with(0, 0))
          || values.dim(0) != index.dim(0)) {
        throw new ShapeException(
            "index add expects [K, ..], [n] and [n, ..], got "
                + base
                + ", "
                + index
                + " and "
                + values);
      }
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.index_add("
              + inputs.get(0)
              + ", 0, "
              + inputs.get(1)
              + ", "
              + inputs.get(2)
              + ")");
    }
  }

  /** {@code x[..., index, ...]} along {@code dim}, index of x's rank. */
  record Gather(int dim) implements Indexing {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape index = indices("gather", inputs.get(1));
      Shape x = inputs.get(0).shape();
      if (index.rank() != x.rank() || !index.with(dim, 0).equals(x.with(dim, 0))) {
        throw new ShapeException(
            "gather expects an index that fits but for dimension "
                + dim
                + ", got "
                + x
                + " and "
                + index);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), index));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.gather(" + inputs.get(0) + ", " + dim + ", " + inputs.get(1) + ")");
    }
  }

  private static Shape indices(String name, TensorType index) {
    if (index.dtype() != DType.INT64) {
      throw new ShapeException(name + " expects int64 indices, got " + index);
    }
    return index.shape();
  }
}
