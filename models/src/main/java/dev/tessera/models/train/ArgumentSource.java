package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;

/**
 * Where the tensors of one call of a phase's program come from. They stay the source's. What a
 * source does not have, it refuses: a gradient has no summary, an update of the state no shard and
 * no key.
 */
public interface ArgumentSource {

  NativeTensor parameters(String group);

  default NativeTensor state() {
    throw none("state");
  }

  default NativeTensor key() {
    throw none("key");
  }

  default NativeTensor column(BatchColumn column) {
    throw none("column " + column.name());
  }

  default NativeTensor carried(Carry carry) {
    throw none("carried " + carry.name());
  }

  default NativeTensor knob(Knob knob) {
    throw none("knob " + knob.name());
  }

  default NativeTensor summary() {
    throw none("summary");
  }

  default NativeTensor shard() {
    throw none("shard");
  }

  default NativeTensor lossScale() {
    throw none("loss scale");
  }

  private static IllegalStateException none(String argument) {
    return new IllegalStateException("there is no " + argument + " here");
  }
}
