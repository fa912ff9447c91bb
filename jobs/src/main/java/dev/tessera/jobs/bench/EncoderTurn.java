package dev.tessera.jobs.bench;

import dev.tessera.spark.inference.Tokenizer;
import java.util.concurrent.ThreadLocalRandom;

/** A tokenizer in a loop on pictures of noise, as fast as its device goes. */
final class EncoderTurn {

  private EncoderTurn() {}

  /** Puts noise where the loop's pictures come from, and lets libraries and graphs warm up. */
  static void prepare(Tokenizer tokenizer, boolean reconstruct, int batches) {
    byte[] noise = new byte[tokenizer.images().remaining()];
    for (int i = 0; i < Math.max(2, batches); i++) {
      ThreadLocalRandom.current().nextBytes(noise);
      tokenizer.images().put(noise);
      tokenizer.send(reconstruct);
      tokenizer.receive();
    }
  }

  /** Seconds of {@code batches}, from the first one's upload to the last one's results. */
  static double seconds(Tokenizer tokenizer, boolean reconstruct, long batches) {
    long start = System.nanoTime();
    long received = 0;
    for (long sent = 1; sent <= batches; sent++) {
      tokenizer.send(reconstruct);
      while (sent - received > tokenizer.ahead()) {
        tokenizer.receive();
        received++;
      }
    }
    for (; received < batches; received++) {
      tokenizer.receive();
    }
    return (System.nanoTime() - start) / 1e9;
  }
}
