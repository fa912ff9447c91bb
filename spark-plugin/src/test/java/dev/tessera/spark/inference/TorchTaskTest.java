package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.table.TableStage;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TorchTaskTest {

  private static final CountDownLatch STARTED = new CountDownLatch(1);
  private static final CountDownLatch ENDED = new CountDownLatch(1);

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void whatCallsLibtorchIsSuchATask() {
    assertThat(TorchTask.class).isAssignableFrom(TokenizeTask.class);
    assertThat(TorchTask.class).isAssignableFrom(SampleTask.class);
  }

  @Test
  void allTasksOfASlotRunOnOneNamedThread() {
    TorchTask<Integer, String> task =
        (share, tables, device) ->
            Thread.currentThread().getId()
                + " "
                + Thread.currentThread().getName().replaceAll("[0-9]+", "n")
                + " "
                + device.cores();
    List<String> threads = TableStage.run(spark, "test", List.of(0, 1, 2, 3, 4), task);
    assertThat(threads).hasSize(5);
    assertThat(threads.stream().distinct()).hasSize(1);
    assertThat(threads.get(0)).endsWith(" tessera-task-n 1");
  }

  @Test
  void aFailureIsTheTasksOwn() {
    TorchTask<Integer, String> task =
        (share, tables, device) -> {
          throw new UserException("the checkpoint is gone: name another");
        };
    assertThatThrownBy(() -> TableStage.run(spark, "test", List.of(0), task))
        .isInstanceOf(UserException.class)
        .hasMessage("the checkpoint is gone: name another");
  }

  @Test
  void aKilledTaskEnds() throws Exception {
    TorchTask<Integer, String> task =
        (share, tables, device) -> {
          STARTED.countDown();
          try {
            while (true) {
              TorchTask.checkInterrupt();
              Thread.onSpinWait();
            }
          } finally {
            ENDED.countDown();
          }
        };
    ExecutorService driver = Executors.newSingleThreadExecutor();
    try {
      Future<?> running = driver.submit(() -> TableStage.run(spark, "test", List.of(0), task));
      assertThat(STARTED.await(60, TimeUnit.SECONDS)).isTrue();
      spark.sparkContext().cancelJobGroup("tessera-table");
      assertThat(ENDED.await(60, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> running.get(60, TimeUnit.SECONDS)).hasMessageContaining("cancel");
    } finally {
      driver.shutdownNow();
    }
  }
}
