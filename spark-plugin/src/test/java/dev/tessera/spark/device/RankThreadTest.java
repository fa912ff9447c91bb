package dev.tessera.spark.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RankThreadTest {

  private final ClassLoader loader = getClass().getClassLoader();

  @Test
  void laterTasksReturnToTheSameThread() throws Exception {
    RankThread.Run<Thread> first =
        RankThread.start("tessera-rank-4", loader, Thread::currentThread);
    Thread thread = first.get();
    assertThat(first.awaitEnd(10_000)).isTrue();
    RankThread.Run<String> second =
        RankThread.start(
            "tessera-rank-5",
            loader,
            () -> Thread.currentThread().getId() + " " + Thread.currentThread().getName());

    assertThat(second.get()).isEqualTo(thread.getId() + " tessera-rank-5");
    assertThat(second.awaitEnd(10_000)).isTrue();
  }

  @Test
  void whatIsDoneAheadIsDoneOnTheThreadOfTheNextTaskAndBeforeIt() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicReference<Thread> ahead = new AtomicReference<>();
    RankThread.ahead(
        () -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          ahead.set(Thread.currentThread());
          throw new IllegalStateException("left to the task");
        });
    RankThread.Run<Boolean> run =
        RankThread.start("tessera-rank-7", loader, () -> ahead.get() == Thread.currentThread());
    release.countDown();

    assertThat(run.get()).isTrue();
    assertThat(run.awaitEnd(10_000)).isTrue();
  }

  @Test
  void anInterruptBeforeTheTaskBeginsIsNotLost() throws Exception {
    for (int i = 0; i < 200; i++) {
      RankThread.Run<String> run =
          RankThread.start(
              "tessera-rank-0",
              loader,
              () -> {
                Thread.sleep(60_000);
                return "slept";
              });
      run.interrupt();
      assertThatThrownBy(run::get).hasCauseInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void anInterruptReachesItsOwnTaskOnly() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    RankThread.Run<String> blocked =
        RankThread.start(
            "tessera-rank-0",
            loader,
            () -> {
              started.countDown();
              Thread.sleep(60_000);
              return "slept";
            });
    started.await();
    blocked.interrupt();
    assertThatThrownBy(blocked::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(blocked.awaitEnd(10_000)).isTrue();
    blocked.interrupt();

    RankThread.Run<Boolean> next =
        RankThread.start("tessera-rank-0", loader, () -> Thread.currentThread().isInterrupted());
    assertThat(next.get()).isFalse();
  }
}
