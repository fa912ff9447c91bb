package dev.tessera.models.kernel;

/**
 * Formulas of layer normalisation over the width of tokens and its modulation by one scale and
 * shift a sample, {@code out = norm(x) (1 + scale) + shift}, in double precision. Arrays are
 * row-major: {@code [samples, tokens, width]}, {@code [samples, tokens]} and {@code [samples,
 * width]}.
 */
record TokenNorm(int samples, int tokens, int width) {

  /** Of an operand {@code [samples, tokens, width]}. */
  static TokenNorm of(String name, Operand x) {
    x.expect(name, -1, -1, -1);
    return new TokenNorm(x.size(0), x.size(1), x.size(2));
  }

  /** Refuses another shape than one row of {@code width} a sample. */
  Operand rows(String name, Operand operand) {
    return operand.expect(name, samples, width);
  }

  /** Refuses another shape than one number a token. */
  Operand perToken(String name, Operand operand) {
    return operand.expect(name, samples, tokens);
  }

  /** Refuses another shape than that of the tokens. */
  Operand whole(String name, Operand operand) {
    return operand.expect(name, samples, tokens, width);
  }

  /** One sum of {@code width} columns a sample. */
  double[] newRows() {
    return new double[samples * width];
  }

  double[] newPerToken() {
    return new double[samples * tokens];
  }

  double[] newWhole() {
    return new double[samples * tokens * width];
  }

  int element(int sample, int token, int column) {
    return (sample * tokens + token) * width + column;
  }

  /** Fills {@code out}, {@code mean} and {@code rstd}. */
  void forward(
      double[] x,
      double[] shift,
      double[] scale,
      double eps,
      double[] out,
      double[] mean,
      double[] rstd) {
    for (int n = 0; n < samples; n++) {
      for (int t = 0; t < tokens; t++) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
          sum += x[element(n, t, c)];
        }
        double m = sum / width;
        double squares = 0;
        for (int c = 0; c < width; c++) {
          double centred = x[element(n, t, c)] - m;
          squares += centred * centred;
        }
        double r = 1 / Math.sqrt(squares / width + eps);
        for (int c = 0; c < width; c++) {
          double normal = (x[element(n, t, c)] - m) * r;
          out[element(n, t, c)] = normal * (1 + scale[n * width + c]) + shift[n * width + c];
        }
        mean[n * tokens + t] = m;
        rstd[n * tokens + t] = r;
      }
    }
  }

  /** Fills the gradients of {@code x}, shift and scale. */
  void backward(
      double[] grad,
      double[] x,
      double[] mean,
      double[] rstd,
      double[] scale,
      double[] gradX,
      double[] gradShift,
      double[] gradScale) {
    for (int n = 0; n < samples; n++) {
      for (int t = 0; t < tokens; t++) {
        double m = mean[n * tokens + t];
        double r = rstd[n * tokens + t];
        double inner = 0;
        double product = 0;
        for (int c = 0; c < width; c++) {
          int e = element(n, t, c);
          double normal = (x[e] - m) * r;
          double gradNormal = grad[e] * (1 + scale[n * width + c]);
          gradShift[n * width + c] += grad[e];
          gradScale[n * width + c] += grad[e] * normal;
          inner += gradNormal;
          product += gradNormal * normal;
        }
        for (int c = 0; c < width; c++) {
          int e = element(n, t, c);
          double normal = (x[e] - m) * r;
          double gradNormal = grad[e] * (1 + scale[n * width + c]);
          gradX[e] = r * (gradNormal - inner / width - normal * product / width);
        }
      }
    }
  }
}
