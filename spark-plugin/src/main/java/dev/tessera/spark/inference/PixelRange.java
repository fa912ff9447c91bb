package dev.tessera.spark.inference;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.Arrays;

/** The numbers that a network takes for a picture's bytes. */
public enum PixelRange {
  /** uint8, 0 to 255. */
  UINT8,
  /** float32, 0 to 255. */
  BYTES,
  /** float32, 0 to 1. */
  UNIT,
  /** float32, -1 to 1. */
  SYMMETRIC,
  /** float32, 0 to 1 less ImageNet's mean, over its standard deviation, by channel. */
  IMAGENET;

  private static final double[] MEAN = {0.485, 0.456, 0.406};
  private static final double[] DEVIATION = {0.229, 0.224, 0.225};

  /** Pictures uint8 {@code [n, 3, h, w]} as the network takes them. */
  Tensor of(Tensor pictures) {
    Trace trace = pictures.trace();
    return switch (this) {
      case UINT8 -> pictures;
      case BYTES -> pictures.cast(DType.FLOAT32);
      case UNIT -> pictures.cast(DType.FLOAT32).mul(1 / 255.0);
      case SYMMETRIC -> pictures.cast(DType.FLOAT32).mul(1 / 127.5).add(-1);
      case IMAGENET ->
          pictures
              .cast(DType.FLOAT32)
              .mul(1 / 255.0)
              .sub(channels(trace, MEAN))
              .div(channels(trace, DEVIATION));
    };
  }

  private static Tensor channels(Trace trace, double[] values) {
    return Tensor.cat(
        0,
        Arrays.stream(values)
            .mapToObj(value -> trace.full(DType.FLOAT32, Shape.of(1, 1, 1), value))
            .toList());
  }
}
