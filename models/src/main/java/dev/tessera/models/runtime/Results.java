package dev.tessera.models.runtime;

import java.util.List;

/** What one run of a program returned; closing it frees all that was not taken. */
public final class Results implements AutoCloseable {

  private final List<NativeTensor> tensors;
  private final boolean[] taken;

  Results(List<NativeTensor> tensors) {
    this.tensors = tensors;
    this.taken = new boolean[tensors.size()];
  }

  public int size() {
    return tensors.size();
  }

  /** Result {@code i}, valid until this is closed. */
  public NativeTensor get(int i) {
    return tensors.get(i);
  }

  /** Result {@code i}, which now belongs to the caller. */
  public NativeTensor take(int i) {
    taken[i] = true;
    return tensors.get(i);
  }

  @Override
  public void close() {
    for (int i = 0; i < taken.length; i++) {
      if (!taken[i]) {
        tensors.get(i).close();
      }
    }
  }
}
