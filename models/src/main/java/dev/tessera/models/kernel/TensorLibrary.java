package dev.tessera.models.kernel;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;

/**
 * What operators need of libtorch: tensors behind handles, and the table of operators that programs
 * call by name. Handles and addresses are plain numbers.
 */
public interface TensorLibrary {

  /**
   * The boxed form of an operator. Words of the stack hold the arguments and, afterwards, the
   * results; a tensor's word is a handle that the callee owns, a real number's its bits.
   */
  interface Boxed extends Callback {
    void invoke(Pointer stack, long arguments, long results);
  }

  /** Opens a library of {@code namespace} that operators can be defined in, for good. */
  long fragment(String namespace);

  /** Opens a library of {@code namespace} for implementations under one dispatch key, for good. */
  long implementations(String namespace, String dispatchKey);

  void define(long library, String schema);

  /** The caller keeps {@code body} reachable as long as the process lives. */
  void implement(long library, String name, Boxed body);

  /** A new tensor with unwritten elements, owned by the caller. */
  long empty(long[] sizes, long[] strides, int scalarType, int deviceType, int device);

  void delete(long tensor);

  /** Copies all elements of a tensor of the same shape, in the order of the current stream. */
  void copy(long to, long from);

  /** Address of the tensor's first element. */
  long dataPointer(long tensor);

  long[] sizes(long tensor);

  long[] strides(long tensor);

  int scalarType(long tensor);

  int deviceType(long tensor);

  int deviceIndex(long tensor);

  /** The stream that the calling thread's work on a GPU goes to. */
  long currentStream(int device);
}
