package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.graph.archive.Archive;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The rules under which programs run, one test each. */
final class RuntimeRulesTest {

  private static Program square(int n) {
    Trace trace = new Trace("square", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(n)).leaf();
    Tensor y = x.square();
    return trace.finish(
        trace.grad(List.of(y.sumAll()), List.of(x), List.of(), false, false).get(0), y);
  }

  @Test
  void anotherThreadThanTheRanksIsRefused() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor(r -> new Thread(r, "other"));
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(square(2));
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(2))) {
      List<Runnable> calls =
          List.of(
              () -> executable.run(x),
              x::close,
              executable::close,
              runtime::close,
              () -> runtime.scalar(1f),
              () -> runtime.load(square(1)));
      for (Runnable call : calls) {
        assertThatThrownBy(() -> other.submit(call).get())
            .hasRootCauseMessage(
                "libtorch of "
                    + Thread.currentThread().getName()
                    + " is called by other (expected: the rank's own thread)");
      }
    } finally {
      other.shutdown();
    }
  }

  @Test
  void gradientsFlowInAThreadThatDidNotStartTheEngine() throws Exception {
    Libtorch.load();
    ExecutorService rank = Executors.newSingleThreadExecutor(r -> new Thread(r, "rank-0"));
    try {
      float[] gradient =
          rank.submit(
                  () -> {
                    try (TorchRuntime runtime = TorchRuntime.onCpu();
                        Executable executable = runtime.load(square(2));
                        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(2))) {
                      x.set(3f, -1f);
                      try (Results results = executable.run(x)) {
                        return results.get(0).toFloats();
                      }
                    }
                  })
              .get();
      assertThat(gradient).containsExactly(6, -2);
    } finally {
      rank.shutdown();
    }
  }

  @Test
  void bfloat16LivesInsideProgramsOnly() {
    Trace trace = new Trace("half", Precision.BF16);
    assertThatThrownBy(() -> trace.input("x", DType.BFLOAT16, Shape.of(2)))
        .hasMessageStartingWith("x of program half: BFLOAT16 (expected: another type");
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(2, 2));
    Tensor y = x.matmul(x);
    assertThat(y.type().dtype()).isEqualTo(DType.BFLOAT16);
    assertThatThrownBy(() -> trace.finish(y))
        .hasMessageStartingWith("output 0 of program half: BFLOAT16");
    Program program = trace.finish(y.master());
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program);
        NativeTensor tensor = runtime.zeros(DType.FLOAT32, Shape.of(2, 2))) {
      assertThatThrownBy(() -> runtime.zeros(DType.BFLOAT16, Shape.of(1)))
          .isInstanceOf(IllegalArgumentException.class);
      ByteBuffer memory = ByteBuffer.allocateDirect(8);
      assertThatThrownBy(() -> runtime.wrap(memory, DType.BFLOAT16, Shape.of(1)))
          .isInstanceOf(IllegalArgumentException.class);
      tensor.set(0x1.004p0f, 0, 0, 1);
      try (Results results = executable.run(tensor)) {
        assertThat(results.get(0).toFloats()).containsExactly(1, 0, 0, 1);
      }
    }
  }

  @Test
  void anErrorInsideAProgramNamesTheProgram() {
    Trace trace = new Trace("lookup", Precision.FP32);
    Tensor table = trace.input("table", DType.FLOAT32, Shape.of(2, 1));
    Tensor index = trace.input("index", DType.INT64, Shape.of(1));
    Program program = trace.finish(table.embedding(index));
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program);
        NativeTensor rows = runtime.zeros(DType.FLOAT32, Shape.of(2, 1));
        NativeTensor row = runtime.zeros(DType.INT64, Shape.of(1))) {
      row.set(5L);
      assertThatThrownBy(() -> executable.run(rows, row))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("program lookup: ");
      row.set(1L);
      executable.run(rows, row).close();
      assertThatThrownBy(() -> executable.run(rows))
          .hasMessage("program lookup: 1 arguments (expected: 2)");
      assertThatThrownBy(() -> executable.run(row, rows))
          .hasMessage("program lookup, table: int64[1] (expected: float32[2, 1])");
    }
  }

  @Test
  void resultsOfOtherTypesThanTracedAreRefused() {
    Program program = square(2);
    Program wrong =
        new Program("wrong", program.inputs(), program.outputs().subList(0, 1), program.text(), 0);
    Program shape =
        new Program(
            "wrong",
            program.inputs(),
            List.of(
                program.outputs().get(0),
                new dev.tessera.models.graph.TensorType(DType.FLOAT64, Shape.of(2))),
            program.text(),
            0);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable few = runtime.load(wrong);
        Executable other = runtime.load(shape);
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(2))) {
      assertThatThrownBy(() -> few.run(x)).hasMessageContaining("program wrong returned 2 results");
      assertThatThrownBy(() -> other.run(x))
          .hasMessage("program wrong returned float32 (2) as output 1 (expected: float64[2])");
    }
  }

  @Test
  void aFailedCallOfTheStableInterfaceIsReported() {
    StableApi api = StableApi.open(Libtorch.load().folder());
    assertThatThrownBy(() -> api.fromBlob(0, new long[] {-1}, DType.FLOAT32))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("aoti_torch_create_tensor_from_blob failed with code ");
  }

  @Test
  void memoryOfJavaIsUsedInPlace() {
    ByteBuffer memory = ByteBuffer.allocateDirect(5 * Float.BYTES).order(ByteOrder.nativeOrder());
    Trace trace = new Trace("increment", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(2, 2));
    Program program = trace.finish(x.addInPlace(x, 1));
    for (int i = 0; i < 5; i++) {
      memory.putFloat(4 * i, i);
    }
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program);
        NativeTensor part = runtime.wrap(memory.position(4), DType.FLOAT32, Shape.of(2, 2));
        Results results = executable.run(part)) {
      assertThat(memory.getFloat(4)).isEqualTo(2);
      assertThat(memory.getFloat(16)).isEqualTo(8);
      assertThat(results.get(0).address()).isEqualTo(part.address());
      assertThatThrownBy(() -> runtime.wrap(memory, DType.FLOAT32, Shape.of(5)))
          .hasMessageStartingWith("memory: ");
    }
  }

  @Test
  void archivesAreZipsOfStoredEntries() throws Exception {
    List<String> names = new ArrayList<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(Archive.of(square(3))))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
        names.add(entry.getName());
      }
    }
    assertThat(names)
        .contains(
            "program/data.pkl",
            "program/code/__torch__.py",
            "program/constants.pkl",
            "program/version");
  }

  @Test
  void callsDoNotAddMemory() throws Exception {
    Path status = Path.of("/proc/self/status");
    Assumptions.assumeTrue(Files.exists(status), "resident memory is read from /proc");
    int calls = Integer.getInteger("tessera.soak.calls", 5_000);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(square(4096));
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(4096))) {
      long warm = 0;
      for (int i = 0; i < calls; i++) {
        if (i == calls / 5) {
          warm = resident(status);
        }
        executable.run(x).close();
      }
      // Kept results alone would add 32 KiB a call.
      assertThat(resident(status) - warm).isLessThan(16L << 20);
    }
  }

  private static long resident(Path status) throws Exception {
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** With the optimizing executor the first calls take hundreds of times as long as the rest. */
  @Test
  void firstCallsAndOtherBatchesCostWhatAllCallsCost() throws Exception {
    ExecutorService rank = Executors.newSingleThreadExecutor(r -> new Thread(r, "rank-0"));
    Libtorch.load();
    try {
      double[] ratios = rank.submit(RuntimeRulesTest::firstCalls).get();
      assertThat(ratios[0]).isLessThan(60);
      assertThat(ratios[1]).isLessThan(60);
    } finally {
      rank.shutdown();
    }
  }

  /** Times of the first three calls, of one batch and then another, over the median call's. */
  private static double[] firstCalls() {
    Program small = chain(8);
    Program large = chain(24);
    // One text serves both: sizes are open.
    assertThat(large.text()).isEqualTo(small.text());
    double[] ratios = new double[2];
    // A second thread with threads of its own is slow for as long as the process lives.
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      for (int i = 0; i < 2; i++) {
        try (Executable loaded = runtime.load(i == 0 ? small : large);
            NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(i == 0 ? 8 : 24, 16))) {
          List<Long> times = new ArrayList<>();
          for (int call = 0; call < 23; call++) {
            long start = System.nanoTime();
            loaded.run(x).close();
            times.add(System.nanoTime() - start);
          }
          long first = times.get(0) + times.get(1) + times.get(2);
          ratios[i] = (double) first / times.subList(3, 23).stream().sorted().toList().get(10);
        }
      }
    }
    return ratios;
  }

  private static Program chain(int batch) {
    Trace trace = new Trace("chain", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(batch, 16)).leaf();
    Tensor y = x;
    for (int i = 0; i < 300; i++) {
      y = y.tanh().add(y);
    }
    return trace.finish(
        trace.grad(List.of(y.meanAll()), List.of(x), List.of(), false, false).get(0));
  }

  @Test
  void namesThatTorchScriptKnowsAreNoArguments() {
    for (String name : List.of("t0", "t12", "lambda", "self", "torch", "Capital", "_x", "int")) {
      Trace trace = new Trace("names", Precision.FP32);
      assertThatThrownBy(() -> trace.input(name, DType.FLOAT32, Shape.of(1)))
          .hasMessage("argument: " + name + " (expected: a new snake_case name)");
    }
  }

  @Test
  void whatIsClosedIsNotUsed() {
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      Executable executable = runtime.load(square(2));
      NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(2));
      Results results = executable.run(x);
      NativeTensor kept = results.take(0);
      NativeTensor freed = results.get(1);
      results.close();
      assertThat(kept.toFloats()).hasSize(2);
      assertThatThrownBy(freed::address).hasMessageContaining("used after it was closed");
      kept.close();
      x.close();
      assertThatThrownBy(() -> executable.run(x)).hasMessageContaining("used after it was closed");
      executable.close();
      assertThatThrownBy(() -> executable.run(x))
          .hasMessage("program square is used after it was closed");
    }
  }
}
