package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Locale;

/** Matrix products, convolution and attention: the operations whose cost decides a step's. */
sealed interface Contraction extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  /** {@code [..., n, k] x [..., k, m] -> [..., n, m]}; the leading dimensions broadcast. */
  record MatMul() implements Contraction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape a = inputs.get(0).shape();
      Shape b = inputs.get(1).shape();
      inputs.get(0).alike("matmul", inputs.get(1));
      if (a.rank() < 2 || b.rank() < 2 || a.dim(-1) != b.dim(-2)) {
        throw new ShapeException("matmul expects [.., n, k] x [.., k, m], got " + a + " and " + b);
      }
      Shape lead = Shape.broadcast(a.with(-1, 1).with(-2, 1), b.with(-1, 1).with(-2, 1));
      if (lead == null) {
        throw new ShapeException(
            "matmul expects leading sizes that broadcast, got " + a + " and " + b);
      }
      return List.of(
          new TensorType(inputs.get(0).dtype(), lead.with(-2, a.dim(-2)).with(-1, b.dim(-1))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.matmul(" + inputs.get(0) + ", " + inputs.get(1) + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 2.0 * outputs.get(0).shape().size() * inputs.get(0).shape().dim(-1);
    }

    @Override
    public Kept kept() {
      return Kept.PARTNERS;
    }
  }

  /** {@code x [..., in] x weight [out, in]^T (+ bias [out])}. */
  record Linear() implements Contraction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      Shape w = inputs.get(1).shape();
      inputs.get(0).alike("linear", inputs.get(1));
      if (w.rank() != 2 || x.rank() < 1 || x.dim(-1) != w.dim(1)) {
        throw new ShapeException("linear expects [.., in] and [out, in], got " + x + " and " + w);
      }
      bias("linear", inputs, w.dim(0));
      return List.of(new TensorType(inputs.get(0).dtype(), x.with(-1, w.dim(0))));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String bias = inputs.size() > 2 ? inputs.get(2) : "None";
      text.assign(
          outputs.get(0),
          "torch.linear(" + inputs.get(0) + ", " + inputs.get(1) + ", " + bias + ")");
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 2.0 * outputs.get(0).shape().size() * inputs.get(0).shape().dim(-1);
    }

    @Override
    public Kept kept() {
      return Kept.PARTNERS;
    }
  }

  /** Cross-correlation of {@code x [N, in, H, W]} with {@code weight [out, in, k, k]} (+ bias). */
  record Conv2d(int stride, int padding) implements Contraction {
    public Conv2d {
      if (stride < 1 || padding < 0) {
        throw new ShapeException(
            "conv2d expects a stride of at least 1 and a padding of at least 0, got "
                + stride
                + " and "
                + padding);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      Shape w = inputs.get(1).shape();
      inputs.get(0).alike("conv2d", inputs.get(1));
      if (x.rank() != 4 || w.rank() != 4 || x.dim(1) != w.dim(1)) {
        throw new ShapeException(
            "conv2d expects [N, in, H, W] and [out, in, k, k], got " + x + " and " + w);
      }
      bias("conv2d", inputs, w.dim(0));
      long h = (x.dim(2) + 2L * padding - w.dim(2)) / stride + 1;
      long v = (x.dim(3) + 2L * padding - w.dim(3)) / stride + 1;
      if (x.dim(2) + 2L * padding < w.dim(2) || x.dim(3) + 2L * padding < w.dim(3)) {
        throw new ShapeException(
            "conv2d expects an image no smaller than its kernel, got " + x + " and " + w);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), Shape.of(x.dim(0), w.dim(0), h, v)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String bias = inputs.size() > 2 ? inputs.get(2) : "None";
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.conv2d(%s, %s, %s, [%d, %d], [%d, %d], [1, 1], 1)",
              inputs.get(0),
              inputs.get(1),
              bias,
              stride,
              stride,
              padding,
              padding));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      Shape w = inputs.get(1).shape();
      return 2.0 * outputs.get(0).shape().size() * w.dim(1) * w.dim(2) * w.dim(3);
    }

    @Override
    public long exactScratch(List<TensorType> inputs, List<TensorType> outputs, boolean backward) {
      boolean float32 = inputs.get(0).dtype() == DType.FLOAT32;
      return float32
          ? ExactConvolution.workSpace(inputs.get(0), inputs.get(1), outputs.get(0), backward)
          : 0;
    }

    @Override
    public Kept kept() {
      return Kept.PARTNERS;
    }

    @Override
    public boolean makesChannelsLast() {
      return true;
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.CHANNELS_LAST.onGpu(operands, result);
    }
  }

  /** Cross-correlation of each channel of {@code x [N, C, H, W]} with its {@code [C, 1, k, k]}. */
  record Depthwise(int padding) implements Contraction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      Shape w = inputs.get(1).shape();
      inputs.get(0).alike("depthwise", inputs.get(1));
      if (x.rank() != 4 || w.rank() != 4 || x.dim(1) != w.dim(0) || w.dim(1) != 1) {
        throw new ShapeException(
            "depthwise expects [N, C, H, W] and [C, 1, k, k], got " + x + " and " + w);
      }
      long h = x.dim(2) + 2L * padding - w.dim(2) + 1;
      long v = x.dim(3) + 2L * padding - w.dim(3) + 1;
      if (h < 1 || v < 1) {
        throw new ShapeException(
            "depthwise expects an image no smaller than its kernel, got " + x + " and " + w);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), x.with(2, h).with(3, v)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.conv2d(%1$s, %2$s, None, [1, 1], [%3$d, %3$d], [1, 1], torch.size(%2$s, 0))",
              inputs.get(0),
              inputs.get(1),
              padding));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      Shape w = inputs.get(1).shape();
      return 2.0 * outputs.get(0).shape().size() * w.dim(2) * w.dim(3);
    }

    @Override
    public Kept kept() {
      return Kept.PARTNERS;
    }

    @Override
    public boolean makesChannelsLast() {
      return true;
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.CHANNELS_LAST.onGpu(operands, result);
    }
  }

  /**
   * {@code softmax(q k^T / sqrt(d)) v} of {@code [N, heads, tokens, d]} by libtorch's flash
   * kernels, which have no second derivative.
   */
  record Attention(boolean causal) implements Contraction {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape q = inputs.get(0).shape();
      Shape k = inputs.get(1).shape();
      Shape v = inputs.get(2).shape();
      inputs.get(0).alike("attention", inputs.get(1));
      inputs.get(0).alike("attention", inputs.get(2));
      boolean fit =
          q.rank() == 4
              && k.rank() == 4
              && k.equals(v)
              && q.dim(0) == k.dim(0)
              && q.dim(1) == k.dim(1)
              && q.dim(3) == k.dim(3);
      if (!fit) {
        throw new ShapeException(
            "attention expects [N, heads, tokens, d] thrice, got " + q + ", " + k + " and " + v);
      }
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.scaled_dot_product_attention(%s, %s, %s, None, 0., %s)",
              inputs.get(0),
              inputs.get(1),
              inputs.get(2),
              causal ? "True" : "False"));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      Shape q = inputs.get(0).shape();
      double full = 4.0 * q.size() * inputs.get(1).shape().dim(2);
      return causal ? full / 2 : full;
    }

    @Override
    public Kept kept() {
      return Kept.ALL;
    }

    @Override
    public Derivative derivative() {
      return Derivative.FIRST;
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.HEADS_INSIDE.onGpu(operands, result);
    }
  }

  private static void bias(String name, List<TensorType> inputs, long out) {
    if (inputs.size() > 2) {
      inputs.get(0).alike(name, inputs.get(2));
      inputs.get(2).expect(name, "a bias", Shape.of(out));
    }
  }
}
