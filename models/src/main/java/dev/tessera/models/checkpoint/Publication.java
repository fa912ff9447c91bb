package dev.tessera.models.checkpoint;

import java.util.Set;

/** How a finished checkpoint becomes visible under its name. */
enum Publication {
  /** Written under a temporary name and renamed: the name appears with everything in it. */
  RENAME,
  /**
   * Written under its name, manifest last. On an object store a rename copies every byte and is not
   * atomic, while a put is: the manifest's put is the commit.
   */
  MANIFEST_LAST;

  private static final Set<String> OBJECT_STORES =
      Set.of("s3", "s3a", "s3n", "gs", "wasb", "wasbs", "oss", "cosn", "obs", "tos", "swift");

  static Publication of(String scheme) {
    return OBJECT_STORES.contains(scheme) ? MANIFEST_LAST : RENAME;
  }
}
