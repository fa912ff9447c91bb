package dev.tessera.models.kernel;

/** For which sizes programs call our operators: asked while a program is written. */
public final class KernelSizes {

  private KernelSizes() {}

  /** Whether tokens so wide can be normalised and modulated. */
  public static boolean tokens(long width) {
    return TokenKernels.takes(width);
  }

  /** Whether a bias of so many columns or channels is worth a kernel: whole packs of any type. */
  public static boolean bias(long width) {
    return width % Operand.WIDEST == 0;
  }
}
