package dev.tessera.jobs.run;

import java.lang.reflect.Proxy;

/** The signals that ask a process to end. */
enum Signal {
  HUP(1),
  INT(2),
  TERM(15);

  private static final int SIGNALLED = 128;

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /** As shells report a process that a signal ended. */
  int exitCode() {
    return SIGNALLED + number;
  }

  /**
   * Calls {@code handler} on a thread of its own at each such signal, instead of the JVM's end. One
   * that the process was started to ignore ({@code nohup}) stays ignored. The JDK offers this only
   * in {@code sun.misc}, which the compiler warns of however it is named; without it (another VM)
   * the JVM ends as ever.
   */
  void handle(Runnable handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (self, method, arguments) -> {
                if (method.getDeclaringClass() == Object.class) {
                  return method.invoke(handler, arguments);
                }
                handler.run();
                return null;
              });
      signal
          .getMethod("handle", signal, type)
          .invoke(null, signal.getConstructor(String.class).newInstance(name()), proxy);
    } catch (ReflectiveOperationException e) {
      // Of -Xrs and of VMs that keep the signal to themselves.
    }
  }
}
