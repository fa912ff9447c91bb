package dev.tessera.datasets.batch;

import com.google.flatbuffers.FlatBufferBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowFooter;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/**
 * A segment as an Arrow IPC file (Arrow columnar format 1.5) with one record batch. The batch's
 * metadata is written here rather than by Arrow's writer because that aligns columns to 8 bytes and
 * wants them in memory first; here they are aligned to 64 and filled in place, row by row.
 */
final class SegmentFile {

  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int PREFIX = 8;

  private final SegmentLayout layout;
  private final byte[] head;
  private final ArrowBlock block;

  SegmentFile(SegmentLayout layout) {
    this.layout = layout;
    try {
      byte[] schema = schemaMessage();
      int start = schema.length;
      byte[] batch = batchMetadata(start);
      this.block = new ArrowBlock(start, PREFIX + batch.length, layout.bodyBytes());
      ByteBuffer bytes =
          ByteBuffer.allocate(start + PREFIX + batch.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.put(schema).putInt(-1).putInt(batch.length).put(batch);
      this.head = bytes.array();
    } catch (IOException e) {
      throw new IllegalStateException("Writing to memory does not fail", e);
    }
  }

  /** First byte of the column's values in the file. */
  long position(Column column) {
    return head.length + layout.offsets().get(column);
  }

  /** Length of the file. */
  long bytes() throws IOException {
    return head.length + layout.bodyBytes() + tail().length;
  }

  /**
   * Creates the file, all values zero, and maps it for writing. Its bytes are written before they
   * are mapped: a hole that finds no room when it is filled ends the process.
   */
  MappedByteBuffer create(Path path) throws IOException {
    byte[] tail = tail();
    long length = head.length + layout.bodyBytes() + tail.length;
    try (FileChannel file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      allocate(file, length);
      MappedByteBuffer map = file.map(FileChannel.MapMode.READ_WRITE, 0, length);
      map.put(0, head);
      map.put((int) (length - tail.length), tail);
      return map;
    }
  }

  private static void allocate(FileChannel file, long length) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(length, 1 << 20));
    while (file.position() < length) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), length - file.position()));
      file.write(zeros);
    }
  }

  private byte[] schemaMessage() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WriteChannel channel = new WriteChannel(Channels.newChannel(out));
    channel.write(MAGIC);
    channel.align();
    MessageSerializer.serialize(channel, layout.schema());
    return out.toByteArray();
  }

  /** The record batch message, padded so that the body begins at a multiple of 64. */
  private byte[] batchMetadata(int start) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    List<Column> columns = List.copyOf(layout.widths().keySet());
    int nodes = nodes(builder, columns);
    int buffers = buffers(builder, columns);
    RecordBatch.startRecordBatch(builder);
    RecordBatch.addLength(builder, layout.rows());
    RecordBatch.addNodes(builder, nodes);
    RecordBatch.addBuffers(builder, buffers);
    int batch = RecordBatch.endRecordBatch(builder);
    Message.startMessage(builder);
    Message.addHeaderType(builder, MessageHeader.RecordBatch);
    Message.addHeader(builder, batch);
    Message.addVersion(builder, MetadataVersion.V5);
    Message.addBodyLength(builder, layout.bodyBytes());
    builder.finish(Message.endMessage(builder));
    byte[] message = builder.sizedByteArray();
    long end = SegmentLayout.align(start + PREFIX + message.length);
    return java.util.Arrays.copyOf(message, (int) (end - start - PREFIX));
  }

  // Flatbuffer vectors of structs are written back to front.
  private int nodes(FlatBufferBuilder builder, List<Column> columns) {
    int count = columns.size() + (columns.contains(Column.CODES) ? 1 : 0);
    RecordBatch.startNodesVector(builder, count);
    for (int i = columns.size() - 1; i >= 0; i--) {
      if (columns.get(i) == Column.CODES) {
        long codes = (long) layout.rows() * layout.widths().get(Column.CODES) / Integer.BYTES;
        FieldNode.createFieldNode(builder, codes, 0);
      }
      FieldNode.createFieldNode(builder, layout.rows(), 0);
    }
    return builder.endVector();
  }

  private int buffers(FlatBufferBuilder builder, List<Column> columns) {
    int count = columns.size() * 2 + (columns.contains(Column.CODES) ? 1 : 0);
    RecordBatch.startBuffersVector(builder, count);
    for (int i = columns.size() - 1; i >= 0; i--) {
      Column column = columns.get(i);
      long offset = layout.offsets().get(column);
      long length = (long) layout.rows() * layout.widths().get(column);
      Buffer.createBuffer(builder, offset, length);
      // No nulls, so validity bitmaps may be empty: one for the values, one more for a list.
      Buffer.createBuffer(builder, offset, 0);
      if (column == Column.CODES) {
        Buffer.createBuffer(builder, offset, 0);
      }
    }
    return builder.endVector();
  }

  /** End-of-stream marker, footer, its length, magic. */
  private byte[] tail() throws IOException {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    ArrowFooter footer =
        new ArrowFooter(
            layout.schema(),
            List.of(),
            List.of(block),
            Map.of(),
            org.apache.arrow.vector.types.MetadataVersion.V5);
    builder.finish(footer.writeTo(builder));
    byte[] bytes = builder.sizedByteArray();
    ByteBuffer tail =
        ByteBuffer.allocate(PREFIX + bytes.length + Integer.BYTES + MAGIC.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    return tail.putInt(-1).putInt(0).put(bytes).putInt(bytes.length).put(MAGIC).array();
  }
}
