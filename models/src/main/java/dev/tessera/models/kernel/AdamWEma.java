package dev.tessera.models.kernel;

import java.util.ArrayList;
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

  private static final String[] VECTORS = {"p", "g", "m", "v", "ema"};
  private static final int THREADS = 256;

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

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand p = call.tensor(0).expect("p", -1);
    Operand ema = call.tensor(4);
    List<Operand> vectors = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      if (i < 4 || !ema.absent()) {
        vectors.add(
            call.tensor(i)
                .expect(VECTORS[i], p.sizes())
                .expect(VECTORS[i], Element.FLOAT32)
                .expectRowMajor(VECTORS[i]));
      }
    }
    for (int i = 5; i < 10; i++) {
      if (call.tensor(i).elements() != 1) {
        throw new IllegalArgumentException(
            "argument " + i + ": " + call.tensor(i).elements() + " elements (expected: one)");
      }
      call.tensor(i).expect("scalar", Element.FLOAT32);
    }
    if (p.absent()) {
      return List.of(p);
    }
    long elements = p.elements();
    long head = head(vectors, elements);
    long work = Math.max((elements - head) / 4, head);
    long blocks =
        Math.min(Geometry.ceilDiv(Math.max(1, work), THREADS), 4L * gpu.multiprocessors());
    gpu.kernel("adamw_ema.cu", "adamw_ema", List.of("ELEMENT=32", "VECTOR=1"))
        .launch(
            call.stream(),
            Geometry.of(blocks, THREADS),
            p,
            call.tensor(1),
            call.tensor(2),
            call.tensor(3),
            ema.orNull(),
            call.tensor(5),
            call.tensor(6),
            call.tensor(7),
            call.tensor(8),
            call.tensor(9),
            call.real(10),
            call.real(11),
            call.real(12),
            call.real(13),
            elements,
            head);
    return List.of(p);
  }

  /** Elements before all vectors lie at a multiple of 16 bytes; all, if they never do. */
  private static long head(List<Operand> vectors, long elements) {
    long misplaced = vectors.get(0).address() % 16;
    for (Operand vector : vectors) {
      if (vector.address() % 16 != misplaced) {
        return elements;
      }
    }
    return Math.min(elements, (16 - misplaced) % 16 / Float.BYTES);
  }
}
