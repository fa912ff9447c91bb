package dev.tessera.spark.barrier;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.UncheckedIOException;

/**
 * Messages as bytes. Spark's RPC decodes with the loader its environment was made with, which on an
 * executor does not know classes that came by {@code --jars}; so it is handed arrays only, and
 * decoding happens here with the right loader.
 */
final class Wire {

  private Wire() {}

  static byte[] encode(Object message) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(message);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot serialise " + message.getClass().getName() + ": " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  /** A message between the two sides of the plugin: classes of this package, and no others. */
  static <T> T decodeOwn(byte[] bytes, Class<T> kind) {
    Object message = decode(bytes, Wire.class.getClassLoader(), WireFilter.OWN);
    if (!kind.isInstance(message)) {
      throw new IllegalStateException(
          "Cannot read a message of the gang: "
              + message.getClass().getName()
              + " is no "
              + kind.getSimpleName());
    }
    return kind.cast(message);
  }

  /** What a rank's task told, or why it failed. */
  static Object decode(byte[] bytes, ClassLoader loader) {
    return decode(bytes, loader, WireFilter.TOLD);
  }

  private static Object decode(byte[] bytes, ClassLoader loader, ObjectInputFilter filter) {
    try (ObjectInputStream in = new LoaderStream(new ByteArrayInputStream(bytes), loader)) {
      in.setObjectInputFilter(filter);
      return in.readObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read a message of the gang: " + e.getMessage(), e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "Cannot read a message of the gang: class " + e.getMessage() + " is not on this side", e);
    }
  }

  private static final class LoaderStream extends ObjectInputStream {
    private final ClassLoader loader;

    LoaderStream(InputStream in, ClassLoader loader) throws IOException {
      super(in);
      this.loader = loader;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description)
        throws IOException, ClassNotFoundException {
      try {
        return Class.forName(description.getName(), false, loader);
      } catch (ClassNotFoundException e) {
        return super.resolveClass(description);
      }
    }
  }
}
