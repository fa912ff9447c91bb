package dev.tessera.jobs.export;

import dev.tessera.datasets.lease.OwnedFile;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.graph.Program;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ScriptExport;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Export;
import dev.tessera.spark.inference.StoredWeights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A checkpoint to one TorchScript file: the tokenizer, or the averaged denoiser. */
public final class ExportJob {

  /** Programs are traced at this batch; the file serves any. */
  private static final int TRACED = 2;

  private final Configuration conf;

  public ExportJob(Configuration conf) {
    this.conf = conf;
  }

  /**
   * Writes the file under another name first, then renames it.
   *
   * @return a line that tells the file's arguments
   * @throws UserException if the output exists or cannot be written
   */
  public String run(String checkpoint, String output) {
    Path target = target(output);
    Checkpoint opened = StoredWeights.checkpoint(conf, checkpoint);
    Trained trained = Trained.read(opened);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      Export export = trained.family().export(TRACED);
      Map<String, NativeTensor> constants = new LinkedHashMap<>();
      try {
        StoredWeights weights = StoredWeights.open(conf, opened.path().toString());
        for (Export.Weights each : export.weights()) {
          constants.put(each.argument(), weights.vector(runtime, each.layout(), each.vector()));
        }
        write(target, export.program(), constants);
        return describe(output, export.program(), constants);
      } finally {
        constants.values().forEach(NativeTensor::close);
      }
    }
  }

  private Path target(String output) {
    try {
      Path given = new Path(output);
      FileSystem fs = given.getFileSystem(conf);
      Path target = fs.makeQualified(given);
      if (fs.exists(target)) {
        throw new UserException(output + " exists: choose another --output or remove it.");
      }
      if (target.getParent() == null || !fs.exists(target.getParent())) {
        throw new UserException(
            "Cannot write " + output + ": its folder does not exist; make it first.");
      }
      return target;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException("Cannot write " + output + ": " + e.getMessage(), e);
    }
  }

  private void write(Path target, Program program, Map<String, NativeTensor> constants) {
    try {
      OwnedFile.write(
          conf, target, "an exported model", out -> ScriptExport.write(out, program, constants));
    } catch (IOException e) {
      throw new UserException("Cannot write " + target + ": " + e.getMessage(), e);
    }
  }

  private static String describe(
      String output, Program program, Map<String, NativeTensor> constants) {
    String arguments =
        program.inputs().stream()
            .filter(input -> !constants.containsKey(input.name()))
            .map(input -> input.name() + " " + input.type())
            .collect(Collectors.joining(", "));
    return "export  " + output + "  forward(" + arguments + "), first size of any batch";
  }
}
