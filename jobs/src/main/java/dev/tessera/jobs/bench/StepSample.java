package dev.tessera.jobs.bench;

import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.SafetensorsWriter;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.ArgumentSource;
import dev.tessera.models.train.BatchColumn;
import dev.tessera.models.train.Carry;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.NamedMemory;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.TrainingState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training state with a batch, and the gradient of every phase there: what another program needs
 * to show that it computes the same.
 */
final class StepSample implements AutoCloseable {

  private static final long KEY = 0x1234_5678_9ABCL;

  private final TorchRuntime runtime;
  private final Objective objective;
  private final TrainingState state;
  private final RandomBatch batch;
  private final List<NamedTensor> tensors = new ArrayList<>();
  private final Map<BatchColumn, NativeTensor> columns = new LinkedHashMap<>();
  private final Map<Carry, NativeTensor> carried = new LinkedHashMap<>();
  private final List<NativeTensor> owned = new ArrayList<>();

  StepSample(TorchRuntime runtime, Objective objective, TrainingState state, RandomBatch batch) {
    this.runtime = runtime;
    this.objective = objective;
    this.state = state;
    this.batch = batch;
  }

  /** Writes a safetensors file; returns the number of parameters. */
  long write(Path file, TrainStepCase subject) throws IOException {
    for (NamedMemory tensor : state.tensors()) {
      String kind = VectorName.kindOf(tensor.name());
      if (kind.equals(VectorName.PARAMETERS) || kind.equals(VectorName.STATE)) {
        add(tensor.name(), DType.F32, tensor.memory(), tensor.shape().toArray());
      }
    }
    objective.columns().forEach(this::addColumn);
    Arguments arguments = new Arguments(own(runtime.scalar(KEY)), own(runtime.scalar(0L)));
    objective.phases().forEach(phase -> addPhase(phase, arguments));
    String setup = Json.MAPPER.writeValueAsString(subject.setup());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      SafetensorsWriter.write(channel, Map.of("setup", setup), tensors);
    }
    return objective.groups().stream().mapToLong(group -> group.layout().size()).sum();
  }

  private void addColumn(BatchColumn column) {
    String name = column.name();
    TensorType type = column.type();
    DType dtype =
        switch (type.dtype()) {
          case UINT8 -> DType.U8;
          case INT32 -> DType.I32;
          default -> DType.F32;
        };
    add("batch/" + name, dtype, batch.column(name), type.shape().toArray());
    NativeTensor tensor = own(runtime.zeros(type.dtype(), type.shape()));
    tensor.memory().put(batch.column(name));
    columns.put(column, tensor);
  }

  private void addPhase(Phase phase, Arguments arguments) {
    try (var executable = runtime.load(phase.gradient());
        Results results = executable.run(phase.step().arguments(arguments))) {
      Phase.Results made = phase.take(results);
      NativeTensor gradient = own(made.gradient());
      NativeTensor summary = own(made.summary());
      for (int i = 0; i < phase.carries().size(); i++) {
        carried.put(phase.carries().get(i), own(made.carried().get(i)));
      }
      for (Layout.Slice slice : layout(phase.group()).slices().values()) {
        add(
            "gradient/" + phase.name() + "/" + slice.parameter().name(),
            DType.F32,
            gradient.memory(slice.offset(), slice.size()),
            slice.parameter().shape().toArray());
      }
      add("summary/" + phase.name(), DType.F32, summary.memory(), summary.size());
    }
    ByteBuffer key = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    add("key/" + phase.name(), DType.I64, key.putLong(0, KEY));
  }

  private final class Arguments implements ArgumentSource {
    private final NativeTensor key;
    private final NativeTensor shard;

    Arguments(NativeTensor key, NativeTensor shard) {
      this.key = key;
      this.shard = shard;
    }

    @Override
    public NativeTensor parameters(String group) {
      return state.parameters(group);
    }

    @Override
    public NativeTensor column(BatchColumn column) {
      return columns.get(column);
    }

    @Override
    public NativeTensor carried(Carry carry) {
      return carried.get(carry);
    }

    @Override
    public NativeTensor state() {
      return state.state();
    }

    @Override
    public NativeTensor key() {
      return key;
    }

    @Override
    public NativeTensor shard() {
      return shard;
    }
  }

  private Layout layout(String group) {
    return objective.groups().stream()
        .map(Group::layout)
        .filter(layout -> layout.group().equals(group))
        .findFirst()
        .orElseThrow();
  }

  private void add(String name, DType dtype, ByteBuffer memory, long... shape) {
    tensors.add(NamedTensor.of(name, dtype, memory, shape));
  }

  private NativeTensor own(NativeTensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  @Override
  public void close() {
    owned.forEach(NativeTensor::close);
  }
}
