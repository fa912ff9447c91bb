package dev.tessera.jobs.doctor;

import java.util.ArrayList;
import java.util.List;

/**
 * What the doctor found.
 *
 * @param slots the arithmetic of task slots
 * @param processes the driver first, then the executors
 * @param obstacles what would stop a run, one sentence each
 */
public record DoctorReport(String slots, List<ProcessFacts> processes, List<String> obstacles) {

  public DoctorReport {
    processes = List.copyOf(processes);
    obstacles = List.copyOf(obstacles);
  }

  /** 0 when a run may start, 1 when something would stop it. */
  public int exitCode() {
    return obstacles.isEmpty() ? 0 : 1;
  }

  /** The report for a terminal. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    processes.forEach(process -> lines.addAll(process.lines()));
    lines.add("slots       " + slots);
    if (obstacles.isEmpty()) {
      List<String> missing =
          processes.stream()
              .flatMap(process -> process.files().stream())
              .filter(PathFacts::isMissing)
              .map(PathFacts::path)
              .distinct()
              .toList();
      lines.add(
          "Nothing found that would stop a run"
              + (missing.isEmpty()
                  ? "."
                  : ", unless it reads " + String.join(" or ", missing) + ": nothing is there."));
    } else {
      lines.add("This would stop a run:");
      obstacles.forEach(obstacle -> lines.add("  - " + obstacle));
    }
    return lines;
  }
}
