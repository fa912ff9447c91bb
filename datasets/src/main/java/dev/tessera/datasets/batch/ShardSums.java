package dev.tessera.datasets.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * {@code sums.txt} beside the segments of a shard: what it is a cache of, then name, length and
 * CRC32C of each segment, then the CRC32C of these lines.
 */
final class ShardSums {

  private static final String NAME = "sums.txt";
  private static final int CHUNK = 1 << 20;

  private ShardSums() {}

  /** Writes the sums of finished segments. */
  static void write(Path shard, String key) throws IOException {
    Files.writeString(shard.resolve(NAME), text(shard, key));
  }

  /** Whether a shard's segments are, byte for byte, those that were written for {@code key}. */
  static boolean hold(Path shard, String key) {
    try {
      return Files.readString(shard.resolve(NAME)).equals(text(shard, key));
    } catch (IOException e) {
      return false;
    }
  }

  private static String text(Path shard, String key) throws IOException {
    StringBuilder lines = new StringBuilder(key).append('\n');
    for (Path segment : segments(shard)) {
      lines.append(
          String.format(
              Locale.ROOT,
              "%s %d %08x%n",
              segment.getFileName(),
              Files.size(segment),
              crc(segment)));
    }
    CRC32C crc = new CRC32C();
    crc.update(lines.toString().getBytes(StandardCharsets.UTF_8));
    return lines.append(String.format(Locale.ROOT, "%08x%n", crc.getValue())).toString();
  }

  private static List<Path> segments(Path shard) throws IOException {
    try (Stream<Path> files = Files.list(shard)) {
      return files.filter(file -> file.toString().endsWith(".arrow")).sorted().toList();
    }
  }

  private static long crc(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(chunk.clear()) >= 0) {
        crc.update(chunk.flip());
      }
    }
    return crc.getValue();
  }
}
