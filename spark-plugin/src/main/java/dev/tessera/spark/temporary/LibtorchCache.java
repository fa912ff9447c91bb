package dev.tessera.spark.temporary;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where DJL unpacks libtorch, by its own order of settings. */
public final class LibtorchCache {

  private LibtorchCache() {}

  /** The folder of this process; {@code pytorch} in it is libtorch's. */
  public static Path folder() {
    return folder(System.getenv());
  }

  static Path folder(Map<String, String> environment) {
    for (String name : List.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR")) {
      String folder = System.getProperty(name, environment.get(name));
      if (folder != null && !folder.isEmpty()) {
        return Path.of(folder);
      }
    }
    return Path.of(System.getProperty("user.home"), ".djl.ai");
  }

  /** The folder of all versions of libtorch. */
  public static Path libtorch() {
    return folder().resolve("pytorch");
  }
}
