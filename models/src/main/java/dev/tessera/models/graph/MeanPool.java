package dev.tessera.models.graph;

import java.util.List;

/**
 * As {@link Structure.AvgPool}, with a derivative that is traced: libtorch's own is several times
 * slower than the pass over memory that it takes.
 */
record MeanPool(int size) implements Operation {

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    return new Structure.AvgPool(size).infer(inputs);
  }

  @Override
  public void emit(Statements text, List<String> outputs, List<String> inputs) {
    new Structure.AvgPool(size).emit(text, outputs, inputs);
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    return List.of(gradients.get(0).mul(1.0 / (size * (double) size)).upsampleNearest(size));
  }

  @Override
  public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result);
  }
}
