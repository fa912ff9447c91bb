package dev.tessera.models.graph.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tessera.models.graph.Program;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a program as a TorchScript archive: a zip of stored entries with the code as text and a
 * pickled module. Some of the program's arguments may become attributes of the module, their
 * elements entries of the archive.
 */
public final class Archive {

  /** Archives of version 3 refuse newer signatures, such as {@code gelu(approximate=...)}. */
  private static final String VERSION = "10\n";

  private static final String ROOT = "program/";

  private Archive() {}

  /** The archive of a program that gets all its arguments by call and returns a list. */
  public static byte[] of(Program program) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(bytes, program, program.text(), "List[Tensor]", Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Writes a TorchScript file that needs no code of ours: {@code forward} takes the remaining
   * arguments in order and returns the result, or a list if there are several. The stream stays
   * open.
   *
   * @param constants row-major little-endian elements of the arguments that the file holds
   * @throws IllegalArgumentException if a constant is no argument, is changed by the program, or
   *     has not as many bytes as its type
   */
  public static void export(OutputStream out, Program program, Map<String, ByteBuffer> constants)
      throws IOException {
    requireConstants(program, constants);
    boolean single = program.outputs().size() == 1;
    String text = single ? unlisted(program.text()) : program.text();
    write(out, program, text, single ? "Tensor" : "List[Tensor]", constants);
  }

  private static void requireConstants(Program program, Map<String, ByteBuffer> constants) {
    for (String constant : constants.keySet()) {
      if (program.inputs().stream().noneMatch(input -> input.name().equals(constant))) {
        throw new IllegalArgumentException(
            "constants: "
                + constant
                + " (expected: an argument of program "
                + program.name()
                + ")");
      }
    }
    for (Program.Input input : program.inputs()) {
      ByteBuffer elements = constants.get(input.name());
      if (input.mutated()) {
        throw new IllegalArgumentException(
            "program "
                + program.name()
                + " changes its argument "
                + input.name()
                + " and cannot be exported");
      }
      if (elements != null && elements.remaining() != input.type().bytes()) {
        throw new IllegalArgumentException(
            "constants: "
                + elements.remaining()
                + " bytes of "
                + input.name()
                + " (expected: "
                + input.type().bytes()
                + " of "
                + input.type()
                + ")");
      }
    }
  }

  /** The body with {@code return [x]} as {@code return x}. */
  private static String unlisted(String text) {
    int start = text.lastIndexOf("return [");
    int end = text.lastIndexOf(']');
    return text.substring(0, start)
        + "return "
        + text.substring(start + "return [".length(), end)
        + "\n";
  }

  private static void write(
      OutputStream out,
      Program program,
      String body,
      String result,
      Map<String, ByteBuffer> constants)
      throws IOException {
    List<Program.Input> attributes =
        program.inputs().stream().filter(i -> constants.containsKey(i.name())).toList();
    // Not closed: the stream is the caller's.
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.setMethod(ZipOutputStream.STORED);
    put(zip, "data.pkl", module(attributes));
    String code = source(program, body, result, attributes);
    put(zip, "code/__torch__.py", ByteBuffer.wrap(code.getBytes(UTF_8)));
    for (int i = 0; i < attributes.size(); i++) {
      put(zip, "data/" + i, constants.get(attributes.get(i).name()).duplicate());
    }
    put(zip, "constants.pkl", ByteBuffer.wrap(new byte[] {(byte) 0x80, 2, ')', '.'}));
    put(zip, "byteorder", ByteBuffer.wrap("little".getBytes(US_ASCII)));
    put(zip, "version", ByteBuffer.wrap(VERSION.getBytes(US_ASCII)));
    zip.finish();
  }

  private static String source(
      Program program, String body, String result, List<Program.Input> attributes) {
    StringBuilder text = new StringBuilder("class M(Module):\n  __parameters__ = [");
    attributes.forEach(a -> text.append('"').append(a.name()).append("\", "));
    text.append("]\n  __buffers__ = []\n  training : bool\n");
    attributes.forEach(a -> text.append("  ").append(a.name()).append(" : Tensor\n"));
    List<String> arguments = new ArrayList<>(List.of("self: __torch__.M"));
    for (Program.Input input : program.inputs()) {
      if (!attributes.contains(input)) {
        arguments.add(input.name() + ": Tensor");
      }
    }
    text.append("  def forward(").append(String.join(", ", arguments));
    text.append(") -> ").append(result).append(":\n");
    attributes.forEach(
        a -> text.append("    ").append(a.name()).append(" = self.").append(a.name()).append('\n'));
    return text.append(body).toString();
  }

  private static ByteBuffer module(List<Program.Input> attributes) {
    Pickle pickle = new Pickle();
    pickle.beginObject("__torch__", "M");
    pickle.text("training").truth(false);
    for (int i = 0; i < attributes.size(); i++) {
      pickle.text(attributes.get(i).name()).tensor(attributes.get(i).type(), Integer.toString(i));
    }
    return ByteBuffer.wrap(pickle.endObject());
  }

  private static void put(ZipOutputStream zip, String name, ByteBuffer data) throws IOException {
    ZipEntry entry = new ZipEntry(ROOT + name);
    CRC32 crc = new CRC32();
    crc.update(data.duplicate());
    entry.setSize(data.remaining());
    entry.setCompressedSize(data.remaining());
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    // Not closed either; a channel copies native memory in parts.
    WritableByteChannel channel = Channels.newChannel(zip);
    while (data.hasRemaining()) {
      channel.write(data);
    }
    zip.closeEntry();
  }
}
