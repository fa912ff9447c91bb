package dev.tessera.models.kernel;

/**
 * Formulas of group normalisation of pictures with what stands around it in convolutional networks,
 * {@code out = dropout(silu(norm(x + shift) weight + bias))}, in double precision. Arrays are
 * row-major: {@code [samples, channels, pixels]}, {@code [samples, channels]}, {@code [channels]}
 * and {@code [samples, groups]}.
 *
 * @param rate of dropout, 0 for none
 */
record ChannelNorm(int samples, int channels, int pixels, int groups, boolean silu, double rate) {

  ChannelNorm {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "groups: " + groups + " (expected: a divisor of " + channels + " channels)");
    }
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout: " + rate + " (expected: from 0 to below 1)");
    }
  }

  /** Of an operand {@code [samples, channels, height, width]}. */
  static ChannelNorm of(Operand x, int groups, boolean silu, double rate) {
    x.expect("x", -1, -1, -1, -1).expectChannelsLast("x");
    return new ChannelNorm(x.size(0), x.size(1), x.size(2) * x.size(3), groups, silu, rate);
  }

  /** Which elements dropout keeps; null where there is none. */
  Dropout dropout(Operand key, long site) {
    long elements = (long) samples * channels * pixels;
    return rate == 0 ? null : Dropout.of(rate, key.readLong(), site, elements);
  }

  /** Refuses another shift than none or one number a sample and channel. */
  Operand shift(Operand shift) {
    return shift.absent() ? shift : shift.expect("shift", samples, channels);
  }

  private double[] shifted(double[] x, double[] shift) {
    double[] values = x.clone();
    for (int e = 0; e < values.length; e++) {
      values[e] += shift.length == 0 ? 0 : shift[e / pixels];
    }
    return values;
  }

  private int channel(int element) {
    return element / pixels % channels;
  }

  private int group(int element) {
    return element / pixels / (channels / groups);
  }

  private static double kept(Dropout dropout, int element) {
    return dropout == null ? 1 : dropout.factor(element);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Fills {@code out}, {@code mean} and {@code rstd}; an empty shift is none. */
  void forward(
      double[] x,
      double[] shift,
      double[] weight,
      double[] bias,
      double eps,
      Dropout dropout,
      double[] out,
      double[] mean,
      double[] rstd) {
    double[] values = shifted(x, shift);
    int size = channels / groups * pixels;
    for (int e = 0; e < values.length; e++) {
      mean[group(e)] += values[e] / size;
    }
    for (int e = 0; e < values.length; e++) {
      double centred = values[e] - mean[group(e)];
      rstd[group(e)] += centred * centred / size;
    }
    for (int i = 0; i < rstd.length; i++) {
      rstd[i] = 1 / Math.sqrt(rstd[i] + eps);
    }
    for (int e = 0; e < values.length; e++) {
      double normal = (values[e] - mean[group(e)]) * rstd[group(e)];
      double affine = normal * weight[channel(e)] + bias[channel(e)];
      out[e] = (silu ? affine * sigmoid(affine) : affine) * kept(dropout, e);
    }
  }

  /** Fills the gradients; that of an empty shift stays empty. */
  void backward(
      double[] grad,
      double[] x,
      double[] shift,
      double[] mean,
      double[] rstd,
      double[] weight,
      double[] bias,
      Dropout dropout,
      double[] gradX,
      double[] gradShift,
      double[] gradWeight,
      double[] gradBias) {
    double[] values = shifted(x, shift);
    int size = channels / groups * pixels;
    double[] inner = new double[samples * groups];
    double[] product = new double[samples * groups];
    double[] gradNormal = new double[values.length];
    for (int e = 0; e < values.length; e++) {
      double normal = (values[e] - mean[group(e)]) * rstd[group(e)];
      double affine = normal * weight[channel(e)] + bias[channel(e)];
      double s = sigmoid(affine);
      double gradAffine = grad[e] * kept(dropout, e) * (silu ? s * (1 + affine * (1 - s)) : 1);
      gradWeight[channel(e)] += gradAffine * normal;
      gradBias[channel(e)] += gradAffine;
      gradNormal[e] = gradAffine * weight[channel(e)];
      inner[group(e)] += gradNormal[e] / size;
      product[group(e)] += gradNormal[e] * normal / size;
    }
    for (int e = 0; e < values.length; e++) {
      int g = group(e);
      double normal = (values[e] - mean[g]) * rstd[g];
      gradX[e] = rstd[g] * (gradNormal[e] - inner[g] - normal * product[g]);
      if (gradShift.length > 0) {
        gradShift[e / pixels] += gradX[e];
      }
    }
  }
}
