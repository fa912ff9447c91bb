package dev.tessera.jobs.doctor;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Gpus;
import dev.tessera.spark.collective.NcclLibrary;
import java.io.Serializable;

/** The NCCL of a process: needed where several ranks compute on GPUs. */
record NcclFacts(String line) implements Serializable {

  /** Loads it where CUDA shows a GPU to this process. */
  static NcclFacts probe() {
    try {
      int gpus = Gpus.count();
      if (gpus == 0) {
        return new NcclFacts("not needed, CUDA shows no GPU to this process");
      }
      NcclLibrary nccl = NcclLibrary.open();
      return new NcclFacts(
          nccl.version() + " in " + nccl.path() + ", for the " + gpus + " GPUs that CUDA shows");
    } catch (UserException e) {
      return new NcclFacts("none: " + e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      return new NcclFacts("none: " + e);
    }
  }
}
