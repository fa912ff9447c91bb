package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What zcat and Python's gzip read of an IDX file is read: several members, padding after them. */
class IdxGzipTest {

  private static final int COUNT = 20;
  private static final int SIDE = 28;
  private static final Configuration CONF = new Configuration();

  @TempDir Path dir;

  private static byte[] idx(int bytes) {
    ByteBuffer file = ByteBuffer.allocate(16 + bytes);
    file.putInt(0x803).putInt(COUNT).putInt(SIDE).putInt(SIDE);
    byte[] pixels = new byte[bytes];
    new Random(1).nextBytes(pixels);
    return file.put(pixels).array();
  }

  private static byte[] gzip(byte[] bytes, int from, int to) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes, from, to - from);
    }
    return out.toByteArray();
  }

  private org.apache.hadoop.fs.Path write(String name, byte[]... parts) throws IOException {
    Path file = dir.resolve(name + "-images-idx3-ubyte.gz");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    Files.write(file, out.toByteArray());
    return new org.apache.hadoop.fs.Path(file.toString());
  }

  @Test
  void membersAndPaddingAreRead() throws Exception {
    byte[] whole = idx(COUNT * SIDE * SIDE);
    int n = whole.length;
    org.apache.hadoop.fs.Path[] files = {
      write("one", gzip(whole, 0, n)),
      write("two", gzip(whole, 0, 5000), gzip(whole, 5000, n)),
      write("padded", gzip(whole, 0, n), new byte[512]),
      write("both", gzip(whole, 0, 7), gzip(whole, 7, 9000), gzip(whole, 9000, n), new byte[3])
    };
    for (org.apache.hadoop.fs.Path file : files) {
      assertThat(IdxHeader.check(CONF, file, 3).count()).as(file.getName()).isEqualTo(COUNT);
      try (var in = IdxHeader.open(CONF, file)) {
        assertThat(in.readAllBytes()).as(file.getName()).isEqualTo(whole);
      }
    }
  }

  @Test
  void filesThatAreTooShortTooLongOrCutAreOneSentence() throws Exception {
    byte[] short1 = idx(COUNT * SIDE * SIDE - 1);
    byte[] long1 = idx(COUNT * SIDE * SIDE + 1);
    byte[] packed = gzip(long1, 0, long1.length - 1);
    org.apache.hadoop.fs.Path[] files = {
      write("short", gzip(short1, 0, short1.length)),
      write("long", gzip(long1, 0, long1.length)),
      write("cut", Arrays.copyOf(packed, packed.length / 2))
    };
    for (org.apache.hadoop.fs.Path file : files) {
      assertThatThrownBy(() -> IdxHeader.check(CONF, file, 3))
          .as(file.getName())
          .isInstanceOf(InvalidDatasetException.class)
          .hasMessageContaining("fetch it again");
    }
  }
}
