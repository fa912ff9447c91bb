package dev.tessera.jobs.bench;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How PyTorch runs a model. */
enum PeerMode {
  /** The model written by us, operation by operation. */
  EAGER("eager", null, false),
  /** {@code torch.compile} as it comes. */
  COMPILE("compile", "default", false),
  /** {@code torch.compile} with CUDA graphs. */
  REDUCE_OVERHEAD("reduce-overhead", "reduce-overhead", false),
  /** {@code torch.compile} that measures its kernels; takes minutes. */
  MAX_AUTOTUNE("max-autotune", "max-autotune-no-cudagraphs", false),
  /** The project that the model was published with, operation by operation. */
  ORIGINAL("original", null, true),
  /** The same under {@code torch.compile}. */
  ORIGINAL_COMPILE("original-compile", "default", true);

  private final String label;
  private final String compile;
  private final boolean original;

  PeerMode(String label, String compile, boolean original) {
    this.label = label;
    this.compile = compile;
    this.original = original;
  }

  /** As command lines and results call it. */
  String label() {
    return label;
  }

  /** The mode of {@code torch.compile}; empty for none. */
  Optional<String> compile() {
    return Optional.ofNullable(compile);
  }

  /** Whether the authors' own code runs, rather than ours of the same model. */
  boolean original() {
    return original;
  }

  @Override
  public String toString() {
    return label;
  }

  /** Reads labels. */
  static final class Converter implements ITypeConverter<PeerMode> {
    @Override
    public PeerMode convert(String value) {
      return Arrays.stream(values())
          .filter(mode -> mode.label.equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      value + " (expected: some of " + List.of(values()) + ")"));
    }
  }

  /** Lists labels, for help. */
  static final class Labels implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(values()).map(PeerMode::label).iterator();
    }
  }
}
