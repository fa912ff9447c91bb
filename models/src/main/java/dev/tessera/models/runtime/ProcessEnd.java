package dev.tessera.models.runtime;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * Ends the process without the destructors of native libraries. On Ctrl-C, and whenever the JVM is
 * told to exit, threads may still compute: libtorch's globals, destroyed under them, made one exit
 * in several a crash with a report file. Java's own hooks have run by then; what native libraries
 * have left in C's buffers is written out.
 */
final class ProcessEnd {

  private ProcessEnd() {}

  /** To be called once, when there is something to protect. */
  static void skipDestructors() {
    try {
      // Registered at the last moment: what has been registered last is called first.
      Runtime.getRuntime().addShutdownHook(new Thread(ProcessEnd::register, "tessera-exit"));
    } catch (IllegalStateException e) {
      // The JVM ends already.
    }
  }

  /** C's {@code on_exit} gives a function the exit status, which is what {@code _exit} takes. */
  private static void register() {
    try {
      NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
      c.getFunction("on_exit").invokeInt(new Object[] {c.getFunction("_exit"), Pointer.NULL});
      // All streams.
      c.getFunction("fflush").invokeInt(new Object[] {Pointer.NULL});
    } catch (UnsatisfiedLinkError e) {
      // A C library without it (musl, macOS): destructors run.
    }
  }
}
