package dev.tessera.jobs.launch;

import dev.tessera.jobs.config.RecipeText;
import java.util.ArrayList;
import java.util.List;

/**
 * The recipe of a driver that runs elsewhere ({@code --deploy-mode cluster}): it travels within the
 * command line, since only that reaches the driver on every cluster manager.
 */
final class ShippedRecipe {

  private static final String FLAG = "--config";

  private ShippedRecipe() {}

  /** The arguments, with the recipe's text in place of its file. */
  static List<String> in(List<String> arguments) {
    List<String> shipped = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String word = arguments.get(i);
      if (word.startsWith(FLAG + "=")) {
        shipped.add(FLAG + "=" + RecipeText.shipped(word.substring(FLAG.length() + 1)));
      } else {
        boolean value = i > 0 && arguments.get(i - 1).equals(FLAG);
        shipped.add(value ? RecipeText.shipped(word) : word);
      }
    }
    return shipped;
  }
}
