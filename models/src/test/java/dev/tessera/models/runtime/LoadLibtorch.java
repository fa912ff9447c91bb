package dev.tessera.models.runtime;

import dev.tessera.models.UserException;

/** Loads libtorch and prints its version or the reason why not. */
final class LoadLibtorch {

  private LoadLibtorch() {}

  public static void main(String[] arguments) {
    try {
      System.out.println("libtorch " + Libtorch.load().version());
    } catch (UserException e) {
      System.out.println(e.getMessage());
      System.exit(2);
    }
  }
}
