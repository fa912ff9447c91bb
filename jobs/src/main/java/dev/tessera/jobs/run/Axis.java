package dev.tessera.jobs.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Maps numbers to a stretch of pixels and says where to put ticks.
 *
 * @param low number at {@code from}
 * @param high number at {@code to}, above {@code low}
 * @param log whether equal ratios are equally far apart; {@code low} is then above 0
 */
record Axis(double low, double high, boolean log, double from, double to) {

  /** A logarithmic axis is for values that differ by more than this factor. */
  private static final double WIDE = 50;

  /** An axis from the first to the last of {@code images}. */
  static Axis ofImages(long first, long last, double from, double to) {
    return new Axis(first, Math.max(last, first + 1), false, from, to);
  }

  /** An axis for finite values of any sign, with a little room at its ends. */
  static Axis ofValues(double[] values, double from, double to) {
    double[] finite = Arrays.stream(values).filter(Axis::drawable).sorted().toArray();
    if (finite.length == 0) {
      return new Axis(0, 1, false, from, to);
    }
    double low = finite[0];
    double high = finite[finite.length - 1];
    if (low > 0 && high / low > WIDE) {
      return new Axis(low / 1.15, high * 1.15, true, from, to);
    }
    double room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.1, 1e-12);
    double below = low - room;
    boolean nearZero = low >= 0 && low < 0.3 * high;
    return new Axis(nearZero ? 0 : below, high + room, false, from, to);
  }

  /** Numbers whose differences and ratios are numbers too; all others are drawn as lost. */
  private static boolean drawable(double value) {
    double size = Math.abs(value);
    return size == 0 || (size > 1e-150 && size < 1e150);
  }

  boolean holds(double number) {
    return number >= low && number <= high;
  }

  /** The pixel of a number. */
  double at(double number) {
    double share =
        log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
    return from + share * (to - from);
  }

  /** Round numbers on the axis, about {@code wanted} of them. */
  List<Double> ticks(int wanted) {
    List<Double> decades = log ? logTicks(wanted) : List.of();
    return decades.size() >= 2 ? decades : linearTicks(wanted);
  }

  private List<Double> linearTicks(int wanted) {
    double raw = (high - low) / wanted;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double lead = raw / power;
    double step = power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    List<Double> ticks = new ArrayList<>();
    for (double k = Math.ceil(low / step - 1e-9);
        k * step <= high * (1 + 1e-12) && ticks.size() < 50;
        k++) {
      ticks.add(k * step);
    }
    return ticks;
  }

  private List<Double> logTicks(int wanted) {
    double decades = Math.log10(high / low);
    double[] leads = decades < 2 ? new double[] {1, 2, 5} : new double[] {1};
    int stride = (int) Math.max(1, Math.ceil(decades / wanted));
    List<Double> ticks = new ArrayList<>();
    for (int e = (int) Math.floor(Math.log10(low)); e <= Math.log10(high); e += stride) {
      for (double lead : leads) {
        double tick = lead * Math.pow(10, e);
        if (tick >= low && tick <= high) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }
}
