package dev.tessera.datasets.batch;

import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder where one shard of a table is cached. Its name holds a fingerprint of everything that
 * decides its bytes, and its sums are compared when it is opened: one that is wrong is built again.
 * Whoever comes first with it wins.
 */
final class ShardCache {

  private static final Logger LOG = LoggerFactory.getLogger(ShardCache.class);
  private static final String LAYOUT = "segments-1";

  private final Path folder;

  private ShardCache(Path folder) {
    this.folder = folder;
  }

  static ShardCache of(
      Path root,
      TableManifest manifest,
      Subset split,
      Map<Column, Integer> widths,
      int shard,
      int shards,
      long segmentBytes) {
    // The files' checksums, not only the content's: a shard depends on the order of rows too.
    String identity =
        String.join(
            "|",
            LAYOUT,
            manifest.contentChecksum(),
            String.join(",", manifest.files(split).stream().map(f -> f.sha256()).toList()),
            widths.toString(),
            Integer.toString(shards),
            Long.toString(segmentBytes));
    String name =
        String.format(Locale.ROOT, "%s/shard-%05d-of-%05d", fingerprint(identity), shard, shards);
    return new ShardCache(root.resolve(name));
  }

  /** Name of the folder that holds all shards of the same fingerprint. */
  String fingerprint() {
    return folder.getParent().getFileName().toString();
  }

  /** Whether it is there, whatever it holds. */
  boolean exists() {
    return Files.isDirectory(folder);
  }

  /** Whether it is there and whole. Reads all of it; one that is wrong is removed. */
  boolean complete() throws IOException {
    if (!exists()) {
      return false;
    }
    if (ShardSums.hold(folder, folder.getParent().getFileName() + "/" + folder.getFileName())) {
      return true;
    }
    LOG.warn("The cache {} is not what was written: it is made again", folder);
    Path aside = folder.resolveSibling(StagingName.of(folder.getFileName().toString()));
    Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
    discard(aside);
    return false;
  }

  Path segment(int number) {
    return segment(folder, number);
  }

  static Path segment(Path folder, int number) {
    return folder.resolve(String.format(Locale.ROOT, "segment-%04d.arrow", number));
  }

  /** A new folder beside the final one, for this writer alone. */
  Path stage() throws IOException {
    Path parent = folder.getParent();
    PrivateFolder.open(parent);
    return Files.createDirectory(parent.resolve(StagingName.of(folder.getFileName().toString())));
  }

  /** Gives a finished folder its name; another rank on this host may have been faster. */
  void publish(Path staged) throws IOException {
    CacheRoom.release(staged);
    ShardSums.write(staged, folder.getParent().getFileName() + "/" + folder.getFileName());
    try {
      Files.move(staged, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException
        | DirectoryNotEmptyException
        | AtomicMoveNotSupportedException e) {
      if (!exists()) {
        throw e;
      }
      discard(staged);
    } catch (FileSystemException e) {
      // Linux answers a rename onto a folder with "Directory not empty" as a plain exception.
      if (!exists()) {
        throw e;
      }
      discard(staged);
    }
  }

  static void discard(Path staged) {
    try (Stream<Path> files = Files.walk(staged)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw IoFailure.of(
          "Cannot remove " + staged + " (" + e.getMessage() + "): remove it by hand", e);
    }
  }

  private static String fingerprint(String identity) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  static List<Integer> checkOwned(List<Integer> owned, int shards) {
    for (int shard : owned) {
      if (shard < 0 || shard >= shards) {
        throw new IllegalArgumentException(
            "owned: " + shard + " (expected: 0 to " + (shards - 1) + ")");
      }
    }
    return List.copyOf(owned);
  }
}
