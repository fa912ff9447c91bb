package dev.tessera.models.checkpoint;

/** An element type of the safetensors format, under the format's own name; little-endian. */
public enum DType {
  F64(8),
  I64(8),
  F32(4),
  I32(4),
  F16(2),
  BF16(2),
  U8(1),
  BOOL(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
