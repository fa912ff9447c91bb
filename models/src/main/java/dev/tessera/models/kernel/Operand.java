package dev.tessera.models.kernel;

import com.sun.jna.Pointer;
import java.util.Arrays;

/** A tensor that an operator takes or gives: where its elements lie and how. */
final class Operand {

  /** Most elements that kernels move in one access, of the narrowest type. */
  static final int WIDEST = 8;

  private final long handle;
  private final Element element;
  private final long[] sizes;
  private final long[] strides;
  private final long address;
  private final int deviceType;
  private final int device;

  Operand(TensorLibrary library, long handle) {
    this.handle = handle;
    this.element = Element.of(library.scalarType(handle));
    this.sizes = library.sizes(handle);
    this.strides = library.strides(handle);
    this.address = library.dataPointer(handle);
    this.deviceType = library.deviceType(handle);
    this.device = library.deviceIndex(handle);
  }

  long handle() {
    return handle;
  }

  Element element() {
    return element;
  }

  long address() {
    return address;
  }

  int deviceType() {
    return deviceType;
  }

  int device() {
    return device;
  }

  int rank() {
    return sizes.length;
  }

  /** Elements along a dimension. */
  int size(int dimension) {
    return Math.toIntExact(sizes[dimension]);
  }

  /** Elements of memory from one index of a dimension to the next. */
  long stride(int dimension) {
    return strides[dimension];
  }

  long[] sizes() {
    return sizes.clone();
  }

  long[] strides() {
    return strides.clone();
  }

  long elements() {
    long product = 1;
    for (long size : sizes) {
      product *= size;
    }
    return product;
  }

  /** No elements: what stands for an operand that is not there. */
  boolean absent() {
    return elements() == 0;
  }

  boolean rowMajor() {
    return densely(rowMajor(sizes));
  }

  /** Dense in the order N, H, W, C. */
  boolean channelsLast() {
    return sizes.length == 4 && densely(channelsLast(sizes));
  }

  /** Strides of dimensions with one index mean nothing. */
  private boolean densely(long[] expected) {
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] > 1 && strides[i] != expected[i]) {
        return false;
      }
    }
    return true;
  }

  static long[] rowMajor(long[] sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, sizes[i]);
    }
    return strides;
  }

  static long[] channelsLast(long[] sizes) {
    return new long[] {sizes[1] * sizes[2] * sizes[3], 1, sizes[3] * sizes[1], sizes[1]};
  }

  /** Refuses another shape; a size of -1 is any. */
  Operand expect(String name, long... expected) {
    boolean fits = sizes.length == expected.length;
    for (int i = 0; fits && i < expected.length; i++) {
      fits = expected[i] == -1 || expected[i] == sizes[i];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name + ": " + Arrays.toString(sizes) + " (expected: " + Arrays.toString(expected) + ")");
    }
    return this;
  }

  /** Refuses another element type. */
  Operand expect(String name, Element expected) {
    if (element != expected) {
      throw new IllegalArgumentException(name + ": " + element + " (expected: " + expected + ")");
    }
    return this;
  }

  /** Refuses memory that is not dense with the last dimension innermost. */
  Operand expectRowMajor(String name) {
    if (!rowMajor()) {
      throw new IllegalArgumentException(
          name + ": strides " + Arrays.toString(strides) + " (expected: row-major)");
    }
    return this;
  }

  /** Refuses memory that is not dense with the second of four dimensions innermost. */
  Operand expectChannelsLast(String name) {
    if (!channelsLast()) {
      throw new IllegalArgumentException(
          name
              + ": strides "
              + Arrays.toString(strides)
              + " of "
              + Arrays.toString(sizes)
              + " (expected: channels-last)");
    }
    return this;
  }

  /** Refuses rows whose elements are not neighbours; the rows may be apart. */
  Operand expectRows(String name) {
    if (sizes[1] > 1 && strides[1] != 1) {
      throw new IllegalArgumentException(
          name + ": strides " + Arrays.toString(strides) + " (expected: rows of neighbours)");
    }
    return this;
  }

  /** The type as kernels are told it. */
  String definition() {
    return switch (element) {
      case FLOAT32 -> "ELEMENT=32";
      case FLOAT16 -> "ELEMENT=16";
      case BFLOAT16 -> "ELEMENT=17";
      case FLOAT64, INT64 ->
          throw new IllegalArgumentException(
              "element type: " + element + " (expected on a GPU: FLOAT32, FLOAT16 or BFLOAT16)");
    };
  }

  /** Elements that kernels move in one access of 16 bytes. */
  int wide() {
    return 16 / element.bytes();
  }

  /** Whether runs along the last dimension begin where {@code n} elements can be read at once. */
  boolean inVectorsOf(int n) {
    boolean fits = address % ((long) n * element.bytes()) == 0;
    for (int i = 0; i < sizes.length - 1; i++) {
      fits &= sizes[i] <= 1 || strides[i] % n == 0;
    }
    return fits;
  }

  /** What a kernel gets for an operand that may be absent: its address or 0. */
  Object orNull() {
    return absent() ? (Object) 0L : this;
  }

  /** Elements in row-major order, of a tensor of the host. */
  double[] read() {
    double[] memory = element.read(address, span());
    double[] values = new double[Math.toIntExact(elements())];
    int[] index = new int[sizes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = memory[offset(index)];
      advance(index);
    }
    return values;
  }

  /** The only element of an int64 tensor of the host. */
  long readLong() {
    expect("key", Element.INT64);
    if (elements() != 1) {
      throw new IllegalArgumentException("key: " + elements() + " elements (expected: one)");
    }
    return new Pointer(address).getLong(0);
  }

  /** Writes elements given in row-major order into a dense tensor of the host. */
  void write(double[] values) {
    double[] memory = new double[span()];
    if (memory.length != values.length) {
      throw new IllegalArgumentException(
          "values: " + values.length + " (expected: as many as a dense tensor of " + memory.length);
    }
    int[] index = new int[sizes.length];
    for (double value : values) {
      memory[offset(index)] = value;
      advance(index);
    }
    element.write(address, memory);
  }

  /** Elements of memory from the first to the last. */
  private int span() {
    if (elements() == 0) {
      return 0;
    }
    long last = 0;
    for (int i = 0; i < sizes.length; i++) {
      last += (sizes[i] - 1) * strides[i];
    }
    return Math.toIntExact(last + 1);
  }

  private int offset(int[] index) {
    long offset = 0;
    for (int i = 0; i < index.length; i++) {
      offset += index[i] * strides[i];
    }
    return Math.toIntExact(offset);
  }

  private void advance(int[] index) {
    for (int i = index.length - 1; i >= 0; i--) {
      if (++index[i] < sizes[i]) {
        return;
      }
      index[i] = 0;
    }
  }
}
