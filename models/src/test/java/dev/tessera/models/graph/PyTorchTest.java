package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.Python;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Results and both derivatives of every operation against PyTorch, which computes the functions
 * that the operations' names and documentation say, independently of program text.
 */
final class PyTorchTest {

  @TempDir private Path folder;

  @Test
  void everyOperationAgreesWithPyTorch() throws Exception {
    Python.assumeTorch();
    Path script = folder.resolve("operations.py");
    try (InputStream in =
        PyTorchTest.class.getResourceAsStream("/dev/tessera/models/operations.py")) {
      Files.copy(in, script);
    }
    List<Map<String, Object>> records = new ArrayList<>();
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      for (OperationCase operation : OperationCases.all()) {
        // Random numbers and gradients have tests of their own; updates return nothing to compare.
        boolean comparable =
            !(operation.operation() instanceof Creation.Random)
                && !(operation.operation() instanceof Grad)
                && operation.operation().mutates().isEmpty();
        if (comparable) {
          records.add(computed(operation, runtime));
        }
      }
    }
    Path file = folder.resolve("operations.json");
    new ObjectMapper().writeValue(file.toFile(), records);
    String output = Python.run(script, file).strip();
    assertThat(output).isEqualTo(records.size() + " cases agree");
  }

  private static Map<String, Object> computed(OperationCase operation, TorchRuntime runtime) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("key", operation.key());
    json.put("options", options(operation));
    try (OperationProgram program = new OperationProgram(operation, runtime)) {
      List<Map<String, Object>> operands = new ArrayList<>();
      for (Operand operand : operation.operands()) {
        operands.add(
            Map.of(
                "shape", operand.argument().shape().toArray(),
                "storage", operand.storage().name(),
                "dtype", operand.type().dtype().name().toLowerCase(java.util.Locale.ROOT),
                "differentiable", operand.differentiable()));
      }
      json.put("operands", operands);
      json.put("values", program.values());
      OperationProgram.Call call = program.call();
      json.put("order", order(operation.operation().derivative()));
      json.put("y", call.y());
      json.put("shapes", program.results().stream().map(t -> t.shape().toArray()).toList());
      json.put("g", call.g());
      json.put("h", call.h());
    }
    return json;
  }

  private static int order(Derivative derivative) {
    return switch (derivative) {
      case NONE -> 0;
      case FIRST, TRACED -> 1;
      case SECOND -> 2;
    };
  }

  private static Map<String, Object> options(OperationCase operation) {
    Map<String, Object> options = new LinkedHashMap<>();
    if (operation.operation() instanceof Record) {
      for (RecordComponent component : operation.operation().getClass().getRecordComponents()) {
        options.put(component.getName(), plain(operation.value(component)));
      }
    }
    return options;
  }

  private static Object plain(Object value) {
    if (value instanceof Shape shape) {
      return shape.toArray();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(PyTorchTest::plain).toList();
    }
    if (value instanceof TensorType type) {
      return List.of(plain(type.dtype()), type.shape().toArray());
    }
    if (value instanceof Double number && number.isInfinite()) {
      return number > 0 ? "inf" : "-inf";
    }
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(java.util.Locale.ROOT)
        : value;
  }
}
