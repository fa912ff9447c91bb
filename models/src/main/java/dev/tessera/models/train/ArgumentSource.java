package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;

/** Where the tensors of one call of a phase's program come from. They stay the source's. */
public interface ArgumentSource {

  NativeTensor parameters(String group);

  NativeTensor column(BatchColumn column);

  NativeTensor carried(Carry carry);

  NativeTensor knob(Knob knob);

  NativeTensor state();

  NativeTensor summary();

  NativeTensor key();

  NativeTensor shard();

  NativeTensor lossScale();
}
