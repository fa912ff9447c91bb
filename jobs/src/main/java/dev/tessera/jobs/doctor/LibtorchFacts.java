package dev.tessera.jobs.doctor;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Libtorch;
import java.io.Serializable;

/**
 * A process's libtorch.
 *
 * @param version as libtorch gives it, empty when it does not load
 * @param folder where its libraries were loaded from
 * @param problem why it does not load, empty when it does
 */
record LibtorchFacts(String version, String folder, String problem) implements Serializable {

  /** Loads libtorch into this process. */
  static LibtorchFacts probe() {
    try {
      Libtorch libtorch = Libtorch.load();
      return new LibtorchFacts(libtorch.version(), libtorch.folder().toString(), "");
    } catch (UserException e) {
      return new LibtorchFacts("", "", e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      return new LibtorchFacts("", "", "libtorch cannot be loaded: " + e);
    }
  }

  String line() {
    return problem.isEmpty() ? version + " in " + folder : "does not load";
  }
}
