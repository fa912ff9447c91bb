package dev.tessera.models.kernel;

import java.util.List;

/**
 * One step of AdamW (Loshchilov and Hutter 2019), in the order of libtorch's fused form, and of a
 * moving average of the parameters, in place. Where the gradient is not finite nothing changes.
 */
final class AdamWEma implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "adamw_ema(Tensor(a!) p, Tensor g, Tensor(b!) m, Tensor(c!) v, Tensor(d!) ema,"
              + " Tensor step, Tensor rate, Tensor approach, Tensor divisor, Tensor found_inf,"
              + " float beta1, float beta2, float eps, float decay) -> Tensor(a!)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand p = call.tensor(0).expect("p", -1);
    Operand m = call.tensor(2).expect("m", p.sizes());
    Operand v = call.tensor(3).expect("v", p.sizes());
    Operand ema = call.tensor(4);
    double[] gradients = call.tensor(1).expect("g", p.sizes()).read();
    double step = scalar(call, 5, "step");
    double rate = scalar(call, 6, "rate");
    double approach = scalar(call, 7, "approach");
    double divisor = scalar(call, 8, "divisor");
    if (scalar(call, 9, "found_inf") == 1) {
      return List.of(p);
    }
    double beta1 = call.real(10);
    double beta2 = call.real(11);
    double eps = call.real(12);
    double decay = call.real(13);
    double[] parameters = p.read();
    double[] first = m.read();
    double[] second = v.read();
    double correction1 = 1 - Math.pow(beta1, step);
    double correction2 = 1 - Math.pow(beta2, step);
    for (int i = 0; i < parameters.length; i++) {
      double g = gradients[i] / divisor;
      first[i] += (1 - beta1) * (g - first[i]);
      second[i] += (1 - beta2) * (g * g - second[i]);
      double decayed = parameters[i] - rate * decay * parameters[i];
      double scale = Math.sqrt(second[i] / correction2) + eps;
      parameters[i] = decayed - rate * (first[i] / correction1) / scale;
    }
    p.write(parameters);
    m.write(first);
    v.write(second);
    if (!ema.absent()) {
      double[] average = ema.expect("ema", p.sizes()).read();
      for (int i = 0; i < average.length; i++) {
        average[i] += approach * (parameters[i] - average[i]);
      }
      ema.write(average);
    }
    return List.of(p);
  }

  private static double scalar(Call call, int argument, String name) {
    Operand operand = call.tensor(argument);
    if (operand.elements() != 1) {
      throw new IllegalArgumentException(
          name + ": " + operand.elements() + " elements (expected: one)");
    }
    return operand.read()[0];
  }
}
