package dev.tessera.models.graph.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes one object with attributes in Python's pickle protocol 2, the part of it that TorchScript
 * archives use: tensors are rebuilt from storages that are entries of the archive.
 */
final class Pickle {

  private static final int PROTOCOL = 0x80;
  private static final int NEW_OBJECT = 0x81;
  private static final int TRUE = 0x88;
  private static final int FALSE = 0x89;
  private static final int LONG = 0x8a;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Begins an instance of a class; attributes follow, name and value in turn. */
  void beginObject(String module, String name) {
    out.write(PROTOCOL);
    out.write(2);
    global(module, name);
    out.write(')');
    out.write(NEW_OBJECT);
    out.write('}');
    out.write('(');
  }

  /** Ends the instance and returns all bytes. */
  byte[] endObject() {
    out.writeBytes("ub.".getBytes(US_ASCII));
    return out.toByteArray();
  }

  Pickle text(String value) {
    byte[] utf8 = value.getBytes(UTF_8);
    out.write('X');
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
    out.writeBytes(utf8);
    return this;
  }

  Pickle truth(boolean value) {
    out.write(value ? TRUE : FALSE);
    return this;
  }

  /** A row-major tensor whose elements are entry {@code data/storage} of the archive. */
  Pickle tensor(TensorType type, String storage) {
    global("torch._utils", "_rebuild_tensor_v2");
    out.write('(');
    out.write('(');
    text("storage");
    global("torch", storageClass(type.dtype()));
    text(storage).text("cpu").number(type.shape().size());
    out.write('t');
    // The storage by its persistent id.
    out.write('Q');
    number(0);
    numbers(type.shape().toArray());
    numbers(strides(type.shape()));
    truth(false);
    global("collections", "OrderedDict");
    out.writeBytes(")RtR".getBytes(US_ASCII));
    return this;
  }

  private static long[] strides(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, shape.dim(i));
    }
    return strides;
  }

  private void numbers(long[] values) {
    out.write('(');
    for (long value : values) {
      number(value);
    }
    out.write('t');
  }

  private void number(long value) {
    out.write(LONG);
    out.write(Long.BYTES);
    out.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private void global(String module, String name) {
    out.write('c');
    out.writeBytes((module + "\n" + name + "\n").getBytes(US_ASCII));
  }

  private static String storageClass(DType dtype) {
    return switch (dtype) {
      case UINT8 -> "ByteStorage";
      case INT32 -> "IntStorage";
      case INT64 -> "LongStorage";
      case FLOAT16 -> "HalfStorage";
      case FLOAT32 -> "FloatStorage";
      case FLOAT64 -> "DoubleStorage";
      case BOOL -> "BoolStorage";
      case BFLOAT16 -> "BFloat16Storage";
    };
  }
}
