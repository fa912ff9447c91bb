package dev.tessera.models.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * The launches of {@code channel_norm.cu}: pictures of T, {@code [samples, channels, height,
 * width]} in channels-last memory.
 */
final class ChannelKernels {

  private static final String FILE = "channel_norm.cu";

  private static final int THREADS = 256;

  /** Most channels of a block, as the source has it. */
  private static final int SLICE = 512;

  /** Neighbouring bytes of a pixel that a block reads. */
  private static final int LINE = 128;

  private static final int HALF_LINE = 64;
  private static final int SECTOR = 32;

  /**
   * Shared memory of a block that keeps its sample, so that a multiprocessor holds several: one
   * loads while another stores.
   */
  private static final int KEPT = 64 << 10;

  /** What the source declares beside. */
  private static final int DECLARED = 21 << 10;

  /** Blocks that two passes are cut into at least, where there are pixels; sums depend on it. */
  private static final int BLOCKS = 2112;

  private final Call call;
  private final Gpu gpu;
  private final ChannelNorm norm;
  private final Operand x;
  private final Operand shift;
  private final Operand weight;
  private final Operand bias;
  private final int lanes;
  private final List<String> definitions;
  private final Object key;
  private final long site;

  /**
   * Checks what all kernels of the file need.
   *
   * @param whole operands of x's shape and type beside x
   */
  ChannelKernels(
      Call call,
      Gpu gpu,
      ChannelNorm norm,
      Operand x,
      Operand shift,
      Operand weight,
      Operand bias,
      Operand key,
      long site,
      List<Operand> whole) {
    if (x.absent()) {
      throw new IllegalArgumentException("x: no elements (expected: at least one picture)");
    }
    this.call = call;
    this.gpu = gpu;
    this.norm = norm;
    this.x = x;
    this.shift = norm.shift(shift);
    this.weight = vector("weight", weight);
    this.bias = vector("bias", bias);
    this.key = norm.rate() == 0 ? 0L : key.expect("key", Element.INT64);
    this.site = site;
    if (!shift.absent()) {
      shift.expect("shift", x.element()).expectRows("shift");
    }
    boolean vector = norm.channels() % x.wide() == 0 && x.address() % 16 == 0;
    for (Operand operand : whole) {
      operand.expect("grad", x.sizes()).expect("grad", x.element()).expectChannelsLast("grad");
      vector &= operand.address() % 16 == 0;
    }
    this.lanes = vector ? x.wide() : 1;
    this.definitions =
        List.of(
            x.definition(),
            "VECTOR=" + (vector ? 1 : 0),
            "SHIFTED=" + (shift.absent() ? 0 : 1),
            "SILU=" + (norm.silu() ? 1 : 0),
            "DROPOUT=" + (norm.rate() == 0 ? 0 : 1));
  }

  private Operand vector(String name, Operand operand) {
    return operand.expect(name, norm.channels()).expect(name, Element.FLOAT32).expectRowMajor(name);
  }

  private int groupSize() {
    return norm.channels() / norm.groups();
  }

  /**
   * Widths that a block's slice can have: whole groups and whole packs that divide the channels.
   */
  private List<Integer> slices() {
    List<Integer> slices = new ArrayList<>();
    for (int slice = groupSize(); slice <= Math.min(SLICE, norm.channels()); slice += groupSize()) {
      if (slice % lanes == 0 && norm.channels() % slice == 0 && slice / lanes <= THREADS) {
        slices.add(slice);
      }
    }
    if (slices.isEmpty()) {
      throw new IllegalStateException(
          "groups: " + groupSize() + " channels each (expected: at most " + SLICE + ")");
    }
    return slices;
  }

  /** The least slice of so many bytes a pixel, or the greatest there is. */
  private int slice(int bytes) {
    List<Integer> slices = slices();
    return slices.stream()
        .filter(slice -> slice * x.element().bytes() >= bytes)
        .findFirst()
        .orElse(slices.get(slices.size() - 1));
  }

  /**
   * How blocks that keep a whole sample of {@code tensors} tensors are laid out, or null where it
   * does not fit.
   */
  private Geometry whole(int tensors) {
    int room = Math.min(KEPT, gpu.sharedBytes() - DECLARED);
    for (int bytes : new int[] {HALF_LINE, SECTOR}) {
      int slice = slice(bytes);
      // Few pixels want a wider slice, to occupy the threads.
      while (slice / lanes * norm.pixels() < THREADS && wider(slice) > slice) {
        slice = wider(slice);
      }
      int across = slice / lanes;
      int down = Math.min(THREADS / across, norm.pixels());
      long kept = Geometry.ceilDiv(norm.pixels(), down) * down * across * tensors * 16L;
      if (kept <= room) {
        return new Geometry(1, norm.channels() / slice, norm.samples(), across, down, (int) kept);
      }
    }
    return null;
  }

  private int wider(int slice) {
    return slices().stream().filter(other -> other > slice).findFirst().orElse(slice);
  }

  /** How blocks of two passes are laid out: the x axis is runs of pixels. */
  private Geometry runs() {
    int slice = slice(LINE);
    int across = slice / lanes;
    int down = Math.min(THREADS / across, norm.pixels());
    long columns = (long) norm.samples() * (norm.channels() / slice);
    long wanted = Geometry.ceilDiv(norm.pixels() * columns, BLOCKS);
    long rounds = Math.max(8, Geometry.ceilDiv(wanted, down));
    long most = Geometry.ceilDiv(norm.pixels(), rounds * down);
    // As many as runs of one length need, so that none is empty.
    int runs = (int) Geometry.ceilDiv(norm.pixels(), Geometry.ceilDiv(norm.pixels(), most));
    return new Geometry(runs, norm.channels() / slice, norm.samples(), across, down, 0);
  }

  /** Pixels of a block. */
  private int run(Geometry geometry) {
    return (int) Geometry.ceilDiv(norm.pixels(), geometry.gridX());
  }

  private long shiftStride() {
    return shift.absent() ? 0 : shift.stride(0);
  }

  private long pairs() {
    return (x.elements() + 1) / 2;
  }

  private float rate() {
    return (float) norm.rate();
  }

  private float grow() {
    return (float) (1 / (1 - norm.rate()));
  }

  private Kernel kernel(String name) {
    return gpu.kernel(FILE, name, definitions);
  }

  void forward(double eps, Operand out, Operand mean, Operand rstd) {
    Geometry whole = whole(1);
    if (whole != null) {
      kernel("channel_norm_whole")
          .launch(
              call.stream(),
              whole,
              x,
              shift.orNull(),
              shiftStride(),
              weight,
              bias,
              mean,
              rstd,
              out,
              key,
              site,
              pairs(),
              rate(),
              grow(),
              norm.channels(),
              norm.pixels(),
              groupSize(),
              (float) eps);
      return;
    }
    Geometry geometry = runs();
    int groups = norm.samples() * norm.groups();
    Operand partial = call.make(Element.FLOAT32, groups, geometry.gridX(), 2);
    kernel("channel_statistics")
        .launch(
            call.stream(),
            geometry,
            x,
            shift.orNull(),
            shiftStride(),
            partial,
            norm.channels(),
            norm.pixels(),
            groupSize(),
            run(geometry));
    kernel("channel_statistics_join")
        .launch(
            call.stream(),
            Geometry.of(Geometry.ceilDiv(groups, 4), 128),
            partial,
            mean,
            rstd,
            groups,
            norm.pixels(),
            groupSize(),
            run(geometry),
            geometry.gridX(),
            (float) eps);
    kernel("channel_norm_apply")
        .launch(
            call.stream(),
            geometry,
            x,
            shift.orNull(),
            shiftStride(),
            weight,
            bias,
            mean,
            rstd,
            out,
            key,
            site,
            pairs(),
            rate(),
            grow(),
            norm.channels(),
            norm.pixels(),
            groupSize(),
            run(geometry));
  }

  /** Fills the gradients; that of the shift where there is one. */
  void backward(
      Operand grad,
      Operand mean,
      Operand rstd,
      Operand gradX,
      Operand gradShift,
      Operand gradWeight,
      Operand gradBias) {
    Operand sums = call.make(Element.FLOAT32, norm.samples(), 2L * norm.channels());
    Geometry whole = whole(2);
    if (whole != null) {
      backwardWhole(whole, grad, mean, rstd, sums, gradX, gradShift);
    } else {
      backwardInPasses(grad, mean, rstd, sums, gradX, gradShift);
    }
    ColumnSums.launch(call, gpu, sums, norm.samples(), 2 * norm.channels(), gradWeight, gradBias);
  }

  private void backwardWhole(
      Geometry geometry,
      Operand grad,
      Operand mean,
      Operand rstd,
      Operand sums,
      Operand gradX,
      Operand gradShift) {
    kernel("channel_gradient_whole")
        .launch(
            call.stream(),
            geometry,
            grad,
            x,
            shift.orNull(),
            shiftStride(),
            mean,
            rstd,
            weight,
            bias,
            key,
            site,
            pairs(),
            rate(),
            grow(),
            sums,
            gradShift.orNull(),
            gradX,
            norm.channels(),
            norm.pixels(),
            groupSize());
  }

  private void backwardInPasses(
      Operand grad, Operand mean, Operand rstd, Operand sums, Operand gradX, Operand gradShift) {
    Geometry geometry = runs();
    int kinds = shift.absent() ? 2 : 3;
    Operand partial =
        call.make(Element.FLOAT32, norm.samples(), geometry.gridX(), kinds, norm.channels());
    Operand means = call.make(Element.FLOAT32, norm.samples(), norm.groups(), 2);
    kernel("channel_gradient_sums")
        .launch(
            call.stream(),
            geometry,
            grad,
            x,
            shift.orNull(),
            shiftStride(),
            mean,
            rstd,
            weight,
            bias,
            key,
            site,
            pairs(),
            rate(),
            grow(),
            partial,
            norm.channels(),
            norm.pixels(),
            groupSize(),
            run(geometry));
    int slice = norm.channels() / geometry.gridY();
    kernel("channel_gradient_join")
        .launch(
            call.stream(),
            new Geometry(geometry.gridY(), norm.samples(), 1, THREADS, 1, 0),
            partial,
            weight,
            rstd,
            sums,
            means,
            gradShift.orNull(),
            norm.channels(),
            norm.pixels(),
            groupSize(),
            slice,
            geometry.gridX());
    kernel("channel_gradient_apply")
        .launch(
            call.stream(),
            geometry,
            grad,
            x,
            shift.orNull(),
            shiftStride(),
            mean,
            rstd,
            weight,
            bias,
            key,
            site,
            pairs(),
            rate(),
            grow(),
            means,
            gradX,
            norm.channels(),
            norm.pixels(),
            groupSize(),
            run(geometry));
  }
}
