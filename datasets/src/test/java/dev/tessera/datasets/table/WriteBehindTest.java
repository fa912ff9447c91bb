package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteBehindTest {

  @Test
  void bytesArriveInOrderWhateverTheirPieces() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      byte[] sent = new byte[random.nextInt(9 << 20)];
      random.nextBytes(sent);
      ByteArrayOutputStream arrived = new ByteArrayOutputStream();
      WriteBehind out = new WriteBehind("test", (block, length) -> arrived.write(block, 0, length));
      for (int at = 0; at < sent.length; ) {
        int length = Math.min(sent.length - at, 1 + random.nextInt(1 << random.nextInt(23)));
        if (length == 1) {
          out.write(sent[at]);
        } else {
          out.write(sent, at, length);
        }
        at += length;
      }
      out.close();
      out.close();
      assertThat(arrived.toByteArray()).isEqualTo(sent);
      assertThatThrownBy(() -> out.write(new byte[2 << 20], 0, 2 << 20))
          .hasMessage("the file is closed");
    }
  }

  @Test
  void aSinksFailureIsTheWritersAndTheThreadEnds() throws Exception {
    AtomicReference<Thread> thread = new AtomicReference<>();
    WriteBehind out =
        new WriteBehind(
            "test",
            (block, length) -> {
              thread.set(Thread.currentThread());
              throw new IOException("the disk is full");
            });
    assertThatThrownBy(
            () -> {
              while (true) {
                out.write(new byte[1 << 20], 0, 1 << 20);
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessage("the disk is full");
    assertThatThrownBy(out::close).hasMessage("the disk is full");
    assertThat(thread.get().isAlive()).isFalse();
  }

  @Test
  void aFailureOfTheLastBlockIsToldByClose() throws Exception {
    WriteBehind out =
        new WriteBehind(
            "test",
            (block, length) -> {
              throw new IOException("the disk is full");
            });
    out.write(1);
    assertThatThrownBy(out::close).hasMessage("the disk is full");
  }

  @Test
  void aWriterThatIsKilledDoesNotWaitForASinkThatHangs() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    WriteBehind out =
        new WriteBehind(
            "test",
            (block, length) -> {
              try {
                hangs.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    AtomicReference<Throwable> caught = new AtomicReference<>();
    Thread writer =
        new Thread(
            () -> {
              try {
                out.write(new byte[16 << 20], 0, 16 << 20);
              } catch (Throwable t) {
                caught.set(t);
              }
            });
    writer.start();
    Thread.sleep(100);
    assertThat(writer.isAlive()).isTrue();
    writer.interrupt();
    writer.join();
    assertThat(caught.get()).isInstanceOf(InterruptedIOException.class);
    hangs.countDown();
    out.abandon();
  }
}
