package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;
import java.util.function.Function;

/** What an argument of a phase's program is. */
public sealed interface Argument {

  /** The tensor to pass. */
  NativeTensor from(ArgumentSource source);

  /** The flat parameters of a group. */
  record Parameters(String group) implements Argument {
    @Override
    public NativeTensor from(ArgumentSource source) {
      return source.parameters(group);
    }
  }

  /** A column of the shard's batch. */
  record Column(BatchColumn column) implements Argument {
    @Override
    public NativeTensor from(ArgumentSource source) {
      return source.column(column);
    }
  }

  /** What an earlier phase of the step left for the shard. */
  record Carried(Carry carry) implements Argument {
    @Override
    public NativeTensor from(ArgumentSource source) {
      return source.carried(carry);
    }
  }

  /** The value of a knob. */
  record Scheduled(Knob knob) implements Argument {
    @Override
    public NativeTensor from(ArgumentSource source) {
      return source.knob(knob);
    }
  }

  /** What every step has. */
  enum OfStep implements Argument {
    /** The flat state vector. */
    STATE(ArgumentSource::state),
    /** Metrics and statistics, summed over all shards: float32 {@code [n]}. */
    SUMMARY(ArgumentSource::summary),
    /** Key of a gradient's randomness: of the phase and of the shard. */
    KEY(ArgumentSource::key),
    /** Number of the shard, int64. */
    SHARD(ArgumentSource::shard),
    /** Of the loss that is differentiated, as {@link LossScale} keeps it. */
    LOSS_SCALE(ArgumentSource::lossScale);

    private final Function<ArgumentSource, NativeTensor> tensor;

    OfStep(Function<ArgumentSource, NativeTensor> tensor) {
      this.tensor = tensor;
    }

    @Override
    public NativeTensor from(ArgumentSource source) {
      return tensor.apply(source);
    }
  }
}
