package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.internal.config.package$;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.rpc.RpcEnv$;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import scala.Option;

class WorkersTest {

  @Test
  void aPageTellsCoresMemoryAndGpusOfWorkersThatAreAlive() throws IOException {
    Workers workers =
        Workers.of(
            new ObjectMapper()
                .readTree(
                    """
                    {"workers": [
                      {"state": "ALIVE", "cores": 8, "coresfree": 2, "memory": 4096,
                       "memoryfree": 1024,
                       "resources": {"gpu": {"name": "gpu", "addresses": ["0", "1"]}},
                       "resourcesfree": {"gpu": {"name": "gpu", "addresses": ["1"]}}},
                      {"state": "ALIVE", "cores": 4, "coresfree": 4, "memory": 4096,
                       "memoryfree": 4096, "resources": {}, "resourcesfree": {}},
                      {"state": "DEAD", "cores": 64, "coresfree": 64, "memory": 1, "memoryfree": 1}
                    ]}"""));

    assertThat(workers).hasToString("2 workers of 4 to 8 cores, 4096 MiB and 0 to 2 GPUs each");
    assertThat(workers.free()).isEqualTo("6 of 12 cores, 5120 of 8192 MiB and 1 of 2 GPUs");
  }

  /** Left to Spark, the look-up of a master that is silent takes two minutes. */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void aSilentMasterIsAskedForItsOwnTimeAlone() throws IOException {
    SparkConf conf = new SparkConf(false).set("spark.rpc.lookupTimeout", "10m");
    RpcEnv rpc =
        RpcEnv$.MODULE$.create(
            "test",
            "127.0.0.1",
            "127.0.0.1",
            0,
            conf,
            new SecurityManager(conf, Option.empty(), package$.MODULE$.AUTH_SECRET_FILE()),
            1,
            true);
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(
              Workers.ofMaster(
                  rpc, "spark://127.0.0.1:" + silent.getLocalPort(), Duration.ofMillis(300)))
          .isEmpty();
    } finally {
      rpc.shutdown();
    }
  }
}
