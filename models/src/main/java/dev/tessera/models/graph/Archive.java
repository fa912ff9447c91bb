package dev.tessera.models.graph;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a program as a TorchScript archive: a zip of stored entries with the code as text and a
 * pickled module without attributes.
 */
final class Archive {

  /** Archives of version 3 refuse newer signatures, such as {@code gelu(approximate=...)}. */
  private static final String VERSION = "10\n";

  private static final String ROOT = "program/";

  private Archive() {}

  static byte[] of(Program program) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      put(zip, "data.pkl", emptyModule());
      put(zip, "code/__torch__.py", source(program).getBytes(UTF_8));
      put(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      put(zip, "version", VERSION.getBytes(US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static String source(Program program) {
    String arguments =
        program.inputs().stream()
            .map(input -> input.name() + ": Tensor")
            .collect(Collectors.joining(", "));
    return "class M(Module):\n"
        + "  __parameters__ = []\n"
        + "  __buffers__ = []\n"
        + "  def forward(self: __torch__.M, "
        + arguments
        + ") -> List[Tensor]:\n"
        + program.text();
  }

  /** Protocol 2: an instance of {@code __torch__.M} with an empty state. */
  private static byte[] emptyModule() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x80);
    out.write(2);
    out.writeBytes("c__torch__\nM\n".getBytes(US_ASCII));
    out.writeBytes(")\u0081}b.".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    return out.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] data) throws IOException {
    ZipEntry entry = new ZipEntry(ROOT + name);
    CRC32 crc = new CRC32();
    crc.update(data);
    entry.setSize(data.length);
    entry.setCompressedSize(data.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}
