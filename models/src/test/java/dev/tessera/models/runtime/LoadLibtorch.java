package dev.tessera.models.runtime;

import dev.tessera.models.UserException;

/**
 * Loads libtorch and prints its version (and folder, if asked), or the reason why not and any other
 * told later.
 */
final class LoadLibtorch {

  private LoadLibtorch() {}

  public static void main(String[] arguments) {
    try {
      System.out.println("libtorch " + Libtorch.load().version());
      if (arguments.length > 0) {
        System.out.println(Libtorch.load().folder());
      }
    } catch (UserException e) {
      System.out.println(e.getMessage());
      again(e.getMessage());
      System.exit(2);
    }
  }

  private static void again(String first) {
    try {
      Libtorch.load();
    } catch (UserException e) {
      if (!e.getMessage().equals(first)) {
        System.out.println(e.getMessage());
      }
    }
  }
}
