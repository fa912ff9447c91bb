package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Locale;

/** Operations that move or convert elements into memory of their own. */
sealed interface Structure extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  @Override
  default MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result).onGpu(operands, result);
  }

  /** The operands one after the other along {@code dim}. */
  record Cat(int dim) implements Structure {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape first = inputs.get(0).shape();
      long total = 0;
      for (TensorType type : inputs) {
        if (!type.shape().with(dim, 0).equals(first.with(dim, 0))) {
          throw new ShapeException(
              "cat along "
                  + dim
                  + " expects equal other sizes, got "
                  + first
                  + " and "
                  + type.shape());
        }
        if (type.dtype() != inputs.get(0).dtype()) {
          throw new ShapeException("cat expects one type, got " + inputs.get(0) + " and " + type);
        }
        total += type.shape().dim(dim);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), first.with(dim, total)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.cat([" + String.join(", ", inputs) + "], " + dim + ")");
    }
  }

  /** The elements of dimension {@code dim} in reverse. */
  record Flip(int dim) implements Structure {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).shape().axis(dim);
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.flip(" + inputs.get(0) + ", [" + dim + "])");
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.rowMajor(result);
    }
  }

  /** Zeros below and on the right of {@code [N, C, H, W]}. */
  record PadZeros(int rows, int columns) implements Structure {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      if (x.rank() != 4 || rows < 0 || columns < 0) {
        throw new ShapeException(
            "pad zeros expects [N, C, H, W] and 0 or more rows and columns, got "
                + x
                + ", "
                + rows
                + " and "
                + columns);
      }
      Shape wider = x.with(2, x.dim(2) + rows).with(3, x.dim(3) + columns);
      return List.of(new TensorType(inputs.get(0).dtype(), wider));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.constant_pad_nd(%s, [0, %d, 0, %d], 0)",
              inputs.get(0),
              columns,
              rows));
    }
  }

  /** The elements as another type. */
  record Cast(DType dtype) implements Structure {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(new TensorType(dtype, inputs.get(0).shape()));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.to(" + inputs.get(0) + ", " + dtype.scalarType() + ")");
    }

    @Override
    public Derivative derivative() {
      return dtype.isFloating() ? Derivative.SECOND : Derivative.NONE;
    }
  }

  /** Repeats each pixel of {@code [N, C, H, W]} {@code scale} times in both directions. */
  record UpsampleNearest(int scale) implements Structure {
    public UpsampleNearest {
      if (scale < 1) {
        throw new ShapeException("upsample expects a scale of at least 1, got " + scale);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).floating("upsample").pictures("upsample").shape();
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), x.with(2, x.dim(2) * scale).with(3, x.dim(3) * scale)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.upsample_nearest2d(%s, None, [%d., %d.])",
              inputs.get(0),
              scale,
              scale));
    }
  }

  /** The mean of each {@code size x size} tile of {@code [N, C, H, W]}. */
  record AvgPool(int size) implements Structure {
    public AvgPool {
      if (size < 1) {
        throw new ShapeException("average pool expects a size of at least 1, got " + size);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).floating("average pool").pictures("average pool").shape();
      if (x.dim(2) % size != 0 || x.dim(3) % size != 0) {
        throw new ShapeException("average pool expects sizes that " + size + " divides, got " + x);
      }
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), x.with(2, x.dim(2) / size).with(3, x.dim(3) / size)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.avg_pool2d(%s, [%d, %d], [%d, %d])",
              inputs.get(0),
              size,
              size,
              size,
              size));
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }
  }
}
