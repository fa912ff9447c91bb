package dev.tessera.models.graph;

/** Element types of traced tensors, with the number that TorchScript text uses for each. */
public enum DType {
  UINT8(0, 1),
  INT32(3, 4),
  INT64(4, 8),
  FLOAT16(5, 2),
  FLOAT32(6, 4),
  FLOAT64(7, 8),
  BOOL(11, 1),
  BFLOAT16(15, 2);

  private final int scalarType;
  private final int bytes;

  DType(int scalarType, int bytes) {
    this.scalarType = scalarType;
    this.bytes = bytes;
  }

  /** The value of {@code c10::ScalarType}. */
  int scalarType() {
    return scalarType;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  public boolean isFloating() {
    return this == FLOAT16 || this == FLOAT32 || this == FLOAT64 || this == BFLOAT16;
  }

  /** The type of a pointwise operation on both, by PyTorch's promotion among tensors with dims. */
  static DType promote(DType a, DType b) {
    if (a == b) {
      return a;
    }
    if (a.isFloating() != b.isFloating()) {
      return a.isFloating() ? a : b;
    }
    if ((a == FLOAT16 && b == BFLOAT16) || (a == BFLOAT16 && b == FLOAT16)) {
      return FLOAT32;
    }
    return a.rank() >= b.rank() ? a : b;
  }

  private int rank() {
    return switch (this) {
      case BOOL -> 0;
      case UINT8 -> 1;
      case INT32 -> 2;
      case INT64 -> 3;
      case FLOAT16, BFLOAT16 -> 4;
      case FLOAT32 -> 5;
      case FLOAT64 -> 6;
    };
  }
}
