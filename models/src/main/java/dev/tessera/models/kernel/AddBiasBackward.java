package dev.tessera.models.kernel;

import java.util.List;

/**
 * The gradient of {@link AddBias} by its bias: the sums of {@code grad [N, C, H, W]} by channel.
 */
final class AddBiasBackward implements Operator {

  private static final Schema SCHEMA = Schema.of("add_bias_backward(Tensor grad) -> Tensor");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand grad = call.tensor(0);
    double[] values = grad.read();
    double[] sums = new double[grad.size(1)];
    int pixels = grad.size(2) * grad.size(3);
    for (int i = 0; i < values.length; i++) {
      sums[i / pixels % sums.length] += values[i];
    }
    Element element = grad.element() == Element.FLOAT64 ? Element.FLOAT64 : Element.FLOAT32;
    Operand gradBias = call.make(element, sums.length);
    gradBias.write(sums);
    return List.of(gradBias);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand grad = call.tensor(0);
    Operand dense = grad.channelsLast() ? grad : call.channelsLast(grad);
    Operand gradBias = call.make(Element.FLOAT32, grad.size(1));
    new ChannelBias(call, gpu, dense).sum(gradBias);
    return List.of(gradBias);
  }
}
