package dev.tessera.models.checkpoint;

import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.CheckpointManifest.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds out whether a checkpoint's directory holds what its manifest says. */
final class CheckpointVerifier {

  private static final int MAX_MANIFEST_BYTES = 64 << 20;

  private final CheckpointFiles files;

  CheckpointVerifier(FileSystem fs) {
    this.files = new CheckpointFiles(fs);
  }

  /**
   * The manifest, after a look at every file's length: cheap.
   *
   * @throws UserException if the checkpoint is incomplete
   */
  CheckpointManifest manifest(Path checkpoint) throws IOException {
    CheckpointManifest manifest;
    try (FileSource source = files.open(new Path(checkpoint, CheckpointManifest.NAME))) {
      if (source.length() > MAX_MANIFEST_BYTES) {
        throw new UserException(
            "Invalid manifest " + source.name() + ": it has " + source.length() + " bytes");
      }
      byte[] bytes = new byte[(int) source.length()];
      source.readFully(0, ByteBuffer.wrap(bytes));
      manifest = ManifestFormat.parse(source.name(), bytes);
    }
    for (StoredFile stored : manifest.files()) {
      try (FileSource source = files.open(new Path(checkpoint, stored.name()))) {
        requireLength(source, stored);
      }
    }
    return manifest;
  }

  /**
   * Reads every byte.
   *
   * @throws UserException if a file is not what was written
   */
  void requireIntact(Path checkpoint, CheckpointManifest manifest) throws IOException {
    ByteBuffer window = ByteBuffer.allocateDirect(1 << 20);
    for (StoredFile stored : manifest.files()) {
      try (FileSource source = files.open(new Path(checkpoint, stored.name()))) {
        requireLength(source, stored);
        if (crc32c(source, window) != stored.crc32c()) {
          throw damaged(source, "its checksum is not the manifest's");
        }
      }
    }
  }

  private static int crc32c(FileSource source, ByteBuffer window) throws IOException {
    CRC32C checksum = new CRC32C();
    for (long at = 0; at < source.length(); at += window.capacity()) {
      window.clear().limit((int) Math.min(window.capacity(), source.length() - at));
      source.readFully(at, window);
      checksum.update(window.flip());
    }
    return (int) checksum.getValue();
  }

  private static void requireLength(FileSource source, StoredFile stored) {
    if (source.length() != stored.bytes()) {
      throw damaged(source, "it has " + source.length() + " bytes and not " + stored.bytes());
    }
  }

  private static UserException damaged(FileSource source, String what) {
    return new UserException(
        "Damaged checkpoint file " + source.name() + ": " + what + "; use another checkpoint");
  }
}
