package dev.tessera.models.kernel;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of an operator: its arguments, and the tensors made for its results. Handles that are
 * not given back as results are deleted when the call is closed.
 */
final class Call implements AutoCloseable {

  private final TensorLibrary library;
  private final Schema schema;
  private final long[] words;
  private final Operand[] tensors;
  private final List<Long> owned = new ArrayList<>();

  Call(TensorLibrary library, Schema schema, Pointer stack) {
    this.library = library;
    this.schema = schema;
    this.words = stack.getLongArray(0, schema.tensors().size());
    this.tensors = new Operand[words.length];
    for (int i = 0; i < words.length; i++) {
      if (schema.tensors().get(i)) {
        owned.add(words[i]);
      }
    }
  }

  /** Argument {@code i}, a tensor. */
  Operand tensor(int i) {
    if (!schema.tensors().get(i)) {
      throw new IllegalStateException("argument " + i + " of " + schema.text() + " is no tensor");
    }
    if (tensors[i] == null) {
      tensors[i] = new Operand(library, words[i]);
    }
    return tensors[i];
  }

  /** Argument {@code i}, a float. */
  double real(int i) {
    return Double.longBitsToDouble(words[i]);
  }

  /** Argument {@code i}, an int. */
  long integer(int i) {
    return words[i];
  }

  /** Argument {@code i}, a bool. */
  boolean truth(int i) {
    return (words[i] & 0xff) != 0;
  }

  /** The first tensor with elements: one that is not there may lie anywhere. */
  private Operand where() {
    for (int i = 0; i < words.length; i++) {
      if (schema.tensors().get(i) && !tensor(i).absent()) {
        return tensor(i);
      }
    }
    return tensor(schema.tensors().indexOf(true));
  }

  /** The number of the GPU that the operands lie on. */
  int device() {
    return where().device();
  }

  /** The stream that the calling thread's work on that GPU goes to. */
  long stream() {
    return library.currentStream(device());
  }

  /** A copy of a tensor's elements in another memory format. */
  Operand channelsLast(Operand source) {
    Operand copy = makeChannelsLast(source);
    library.copy(copy.handle(), source.handle());
    return copy;
  }

  /** A new row-major tensor where the arguments lie. */
  Operand make(Element element, long... sizes) {
    return make(element, sizes, Operand.rowMajor(sizes));
  }

  /** A new tensor of the shape and strides of a dense one. */
  Operand makeLike(Operand like) {
    return make(like.element(), like.sizes(), like.strides());
  }

  /** A new channels-last tensor of the shape of {@code like}. */
  Operand makeChannelsLast(Operand like) {
    return make(like.element(), like.sizes(), Operand.channelsLast(like.sizes()));
  }

  /** An empty tensor: a result that is not there. */
  Operand absent(Element element) {
    return make(element, 0);
  }

  private Operand make(Element element, long[] sizes, long[] strides) {
    Operand where = where();
    long handle =
        library.empty(sizes, strides, element.scalarType(), where.deviceType(), where.device());
    owned.add(handle);
    return new Operand(library, handle);
  }

  /** Puts the results where the program finds them; it owns them from now on. */
  void give(Pointer stack, List<Operand> results) {
    for (int i = 0; i < results.size(); i++) {
      long handle = results.get(i).handle();
      if (!owned.remove(handle)) {
        throw new IllegalStateException("result " + i + " of " + schema.name() + " is not owned");
      }
      stack.setLong((long) i * Native.POINTER_SIZE, handle);
    }
  }

  @Override
  public void close() {
    owned.forEach(library::delete);
    owned.clear();
  }
}
