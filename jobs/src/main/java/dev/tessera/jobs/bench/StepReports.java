package dev.tessera.jobs.bench;

import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingState;
import java.util.ArrayList;
import java.util.List;

/** The reports of a loop that is run for its time alone: its checkpoints are written nowhere. */
final class StepReports implements TrainingLoop.Observer {

  private final List<StepReport> all = new ArrayList<>();

  private StepReports() {}

  /** Runs {@code loop} to its end. */
  static List<StepReport> of(TrainingLoop loop) {
    StepReports reports = new StepReports();
    loop.run(reports);
    return reports.all;
  }

  @Override
  public void onStep(StepReport report) {
    all.add(report);
  }

  @Override
  public void onCheckpoint(TrainingState state) {}
}
