package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;

/** Factors of matrices, by libtorch's LAPACK or cuSOLVER. */
sealed interface Decomposition extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.NONE;
  }

  /**
   * Eigenvalues {@code [.., n]} in rising order of symmetric matrices {@code [.., n, n]}, of which
   * the lower triangle is read, and with {@code vectors} the orthonormal eigenvectors as columns of
   * {@code [.., n, n]}. No gradient passes: eigenvectors have none where eigenvalues meet.
   */
  record SymmetricEigen(boolean vectors) implements Decomposition {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      String called = vectors ? "eigh" : "eigenvalues";
      TensorType matrix = inputs.get(0).floating(called);
      Shape shape = matrix.shape();
      if (matrix.dtype() != DType.FLOAT32 && matrix.dtype() != DType.FLOAT64) {
        throw new ShapeException(called + " expects float32 or float64, got " + matrix);
      }
      if (shape.rank() < 2 || shape.dim(-1) != shape.dim(-2)) {
        throw new ShapeException(called + " expects [.., n, n], got " + shape);
      }
      List<TensorType> results = new ArrayList<>();
      results.add(new TensorType(matrix.dtype(), shape.without(shape.rank() - 1)));
      if (vectors) {
        results.add(matrix);
      }
      return results;
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String matrix = "torch.detach(" + inputs.get(0) + ")";
      if (vectors) {
        text.assign(String.join(", ", outputs), "torch.linalg_eigh(" + matrix + ")");
      } else {
        text.assign(outputs.get(0), "torch.linalg_eigvalsh(" + matrix + ")");
      }
    }

    /** Reduction to tridiagonal form alone, or with it the vectors by divide and conquer. */
    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      Shape shape = inputs.get(0).shape();
      return (vectors ? 9.0 : 4.0 / 3) * shape.size() * shape.dim(-1);
    }

    @Override
    public long scratch(List<TensorType> inputs, List<TensorType> outputs) {
      return (vectors ? 3 : 1) * inputs.get(0).bytes();
    }

    /** The vectors are the columns that LAPACK leaves. */
    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return index == 1 ? MemoryOrder.UNKNOWN : MemoryOrder.rowMajor(result);
    }
  }
}
