package dev.tessera.models.runtime;

/** A captured piece of a rank's work: launched as one, at the addresses it was captured with. */
public final class StepGraph implements AutoCloseable {

  private final GraphStream stream;
  private final long executable;

  StepGraph(GraphStream stream, long executable) {
    this.stream = stream;
    this.executable = executable;
  }

  /** Gives the work to the device. */
  public void launch() {
    stream.launch(executable);
  }

  @Override
  public void close() {
    stream.destroy(executable);
  }
}
