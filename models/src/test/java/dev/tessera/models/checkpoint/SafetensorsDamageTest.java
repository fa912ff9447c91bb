package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SafetensorsDamageTest {

  @TempDir java.nio.file.Path folder;

  private final FileSystem local;

  SafetensorsDamageTest() throws IOException {
    local = FileSystem.getLocal(new Configuration());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]                                                             | begin with '{'",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]} | not JSON",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}x | not JSON",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}} | tensor 'a' ends at byte 9",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[0,8]}} | another number",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[0,7]}} | end at byte 7",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[1,8]}} | 'a' follows a hole",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-8],\"data_offsets\":[0,8]}} | has -8 in shape",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8.0],\"data_offsets\":[0,8]}} | has 8.0 in shape",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":8,\"data_offsets\":[0,8]}} | no list shape",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,0]}} | [begin, end]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0]}} | [begin, end]",
        "{\"a\":{\"dtype\":\"F8\",\"shape\":[8],\"data_offsets\":[0,8]}} | dtype \"F8\"",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}} | 2^63",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}} | in shape",
        "{\"a\":[]} | no list data_offsets",
        "{\"\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}} | has no name",
        "{\"__metadata__\":{\"k\":1}} | 'k' that is no string",
        "{\"__metadata__\":[]} | not an object",
        "{} | end at byte 0"
      })
  void anInvalidHeaderIsRefusedInOneSentence(String json, String expected) throws IOException {
    assertRefused(file(json, 8), expected);
  }

  @Test
  void overlapsAndDuplicatesAreRefused() throws IOException {
    String a = "\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}";
    String b = "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}";
    assertRefused(file("{" + b + "," + a + "}", 8), "tensor 'b' overlaps the tensor before it");
    assertRefused(file("{" + a + "," + a + "}", 8), "Duplicate");
  }

  @Test
  void aHeaderLengthBeyondTheLimitIsRefusedBeforeItIsRead() throws IOException {
    byte[] bytes = file("{}", 0);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 100_000_001);
    assertRefused(bytes, "header is too large, 100000001 bytes");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, -1);
    assertRefused(bytes, "header is too large, 18446744073709551615 bytes");
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() throws IOException {
    byte[] bytes = file("{\"?\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8);
    bytes[10] = (byte) 0xff;
    assertRefused(bytes, "not UTF-8");
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] whole = written(new Random(3));
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), "file.safetensors");
    }
    assertRefused(Arrays.copyOf(whole, whole.length + 1), "file holds");
  }

  @Test
  void anyByteChangedInTheHeaderIsRefusedOrReadWithoutHarm() throws IOException {
    byte[] whole = written(new Random(4));
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Random random = new Random(5);
    for (int i = 0; i < 2000; i++) {
      byte[] changed = whole.clone();
      changed[random.nextInt(8 + header)] = (byte) random.nextInt(256);
      java.nio.file.Path path = Files.write(folder.resolve("file.safetensors"), changed);
      try (SafetensorsReader reader = open(path)) {
        for (TensorSpec spec : reader.tensors()) {
          reader.read(spec.name(), TensorMemory.of(ByteBuffer.allocate((int) spec.bytes())));
        }
      } catch (UserException e) {
        assertThat(e).hasMessageContaining("file.safetensors").hasMessageNotContaining("\n");
      }
    }
  }

  @Test
  void aMissingFileAndAMissingTensorAreNamed() throws IOException {
    assertThatThrownBy(() -> open(folder.resolve("absent.safetensors")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("absent.safetensors: there is no such file");
    java.nio.file.Path path = Files.write(folder.resolve("file.safetensors"), file("{}", 0));
    try (SafetensorsReader reader = open(path)) {
      assertThatThrownBy(() -> reader.spec("w"))
          .isInstanceOf(UserException.class)
          .hasMessage(path + " has no tensor 'w'");
    }
  }

  private byte[] written(Random random) throws IOException {
    java.nio.file.Path path = folder.resolve("whole.safetensors");
    try (LocalFileSink sink = new LocalFileSink(path)) {
      List<NamedTensor> tensors =
          List.of(
              RandomTensors.draw(random, TensorSpec.of("a", DType.F32, 3, 5)),
              RandomTensors.draw(random, TensorSpec.of("none", DType.I64, 0)),
              RandomTensors.draw(random, TensorSpec.of("b", DType.BF16, 7)));
      SafetensorsWriter.write(sink, Map.of("k", "v"), tensors);
    }
    return Files.readAllBytes(path);
  }

  private static byte[] file(String json, int dataBytes) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private void assertRefused(byte[] bytes, String expected) throws IOException {
    java.nio.file.Path path = Files.write(folder.resolve("file.safetensors"), bytes);
    assertThatThrownBy(() -> open(path).close())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining(expected)
        .message()
        .doesNotContain("\n");
  }

  private SafetensorsReader open(java.nio.file.Path path) throws IOException {
    return SafetensorsReader.open(local, new Path(path.toUri().getPath()));
  }
}
