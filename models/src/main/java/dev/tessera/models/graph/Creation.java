package dev.tessera.models.graph;

import java.util.List;
import java.util.Locale;

/** Operations that make tensors. */
sealed interface Creation extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.NONE;
  }

  /** Every element is {@code value}. */
  record Full(TensorType type, double value) implements Creation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(type);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String number =
          type.dtype().isFloating() ? Statements.number(value) : Long.toString((long) value);
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.full(%s, %s, dtype=%d, layout=0, device=%s)",
              type.shape(),
              number,
              type.dtype().scalarType(),
              text.device()));
    }
  }

  /** {@code 0, 1, ..., n - 1}. */
  record Range(long n, DType dtype) implements Creation {
    public Range {
      if (n < 0 || dtype == DType.BOOL) {
        throw new ShapeException("range expects 0 or more numbers, got " + n + " of " + dtype);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(new TensorType(dtype, Shape.of(n)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), range(text, n, dtype));
    }
  }

  private static String range(Statements text, long n, DType dtype) {
    return String.format(
        Locale.ROOT,
        "torch.arange(%d, dtype=%d, layout=0, device=%s)",
        n,
        dtype.scalarType(),
        text.device());
  }

  /**
   * Counter-based random numbers: a pure function of {@code key} (int64, no dimensions), of {@code
   * site} and of the element's position, the same bits on every device. Each pair of elements comes
   * from one 64-bit hash (Stafford's mix 13 of a Weyl sequence, as in splitmix64), cut into two
   * uniform numbers of 23 bits.
   */
  record Random(Law law, long site, TensorType type) implements Creation {

    /** Distributions; all else is a function of these. */
    enum Law {
      /** Uniform on (0, 1): odd multiples of 2^-24, exact in float32. */
      UNIFORM,
      /** Normal with mean 0 and variance 1 (Box and Muller 1958). */
      NORMAL
    }

    public Random {
      if (type.dtype() != DType.FLOAT32 && type.dtype() != DType.FLOAT64) {
        throw new ShapeException("random makes float32 or float64, not " + type);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      TensorType key = inputs.get(0);
      if (key.dtype() != DType.INT64 || key.shape().rank() != 0) {
        throw new ShapeException("random expects a key of int64[], got " + key);
      }
      return List.of(type);
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      long size = type.shape().size();
      long pairs = (size + 1) / 2;
      String h = text.let("torch.mul(" + range(text, pairs, DType.INT64) + ", " + WEYL + ")");
      // The start of the sequence: one round of mixing parts neighbouring keys and sites.
      String start =
          text.let("torch.add(torch.mul(" + inputs.get(0) + ", " + MIX_KEY + "), " + site + ")");
      start = mix(text, start, 32, MIX_2);
      h = text.let("torch.add_(" + h + ", " + start + ")");
      h = mix(text, h, 30, MIX_1);
      h = mix(text, h, 27, MIX_2);
      h = text.let(xorShift(h, 31));
      String low = uniform(text, "torch.bitwise_and(" + h + ", 8388607)");
      String high = uniform(text, "torch.bitwise_and(torch.__rshift__(" + h + ", 41), 8388607)");
      String both =
          law == Law.UNIFORM
              ? "torch.cat([" + low + ", " + high + "], 0)"
              : normal(text, low, high);
      String flat = size == 2 * pairs ? both : "torch.narrow(" + both + ", 0, 0, " + size + ")";
      text.assign(outputs.get(0), "torch.reshape(" + flat + ", " + type.shape() + ")");
    }

    private String uniform(Statements text, String bits) {
      String cast = text.let("torch.to(" + bits + ", " + type.dtype().scalarType() + ")");
      return text.let("torch.mul_(torch.add_(" + cast + ", 0.5), " + 0x1p-23 + ")");
    }

    private static String normal(Statements text, String u, String v) {
      String r = text.let("torch.sqrt_(torch.mul_(torch.log_(" + u + "), -2.))");
      String angle = text.let("torch.mul_(" + v + ", " + 2 * Math.PI + ")");
      String cos = text.let("torch.mul(torch.cos(" + angle + "), " + r + ")");
      String sin = text.let("torch.mul_(torch.sin_(" + angle + "), " + r + ")");
      return "torch.cat([" + cos + ", " + sin + "], 0)";
    }

    private static String mix(Statements text, String h, int shift, long multiplier) {
      return text.let("torch.mul_(" + xorShift(h, shift) + ", " + multiplier + ")");
    }

    /** A logical shift: the sign bits that the arithmetic one brings in are masked away. */
    private static String xorShift(String h, int shift) {
      long mask = -1L >>> shift;
      return String.format(
          Locale.ROOT,
          "torch.bitwise_xor(%s, torch.bitwise_and(torch.__rshift__(%s, %d), %d))",
          h,
          h,
          shift,
          mask);
    }

    private static final long WEYL = 0x9E3779B97F4A7C15L;
    private static final long MIX_KEY = 0xD1342543DE82EF95L;
    private static final long MIX_1 = 0xBF58476D1CE4E5B9L;
    private static final long MIX_2 = 0x94D049BB133111EBL;

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 12.0 * type.shape().size();
    }

    @Override
    public long scratch(List<TensorType> inputs, List<TensorType> outputs) {
      // Four int64 temporaries of one element for each pair.
      return 16 * type.shape().size();
    }
  }
}
