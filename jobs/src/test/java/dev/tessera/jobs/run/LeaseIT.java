package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that claim one folder of {@code hdfs:}, and of {@code s3a:} against a local server.
 *
 * <p>S3A's classes are large and no part of Tessera: {@code TESSERA_S3A} names the class path of
 * {@code hadoop-aws} and its SDK, {@code TESSERA_PYTHON} a Python with {@code moto[server]}.
 */
class LeaseIT {

  private static final int CONTENDERS = 3;
  private static final int ROUNDS = 3;

  @TempDir private Path dir;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void end() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void onHdfsOneOfManyOwns() throws Exception {
    MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(new Configuration(), dir.resolve("hdfs").toFile())
            .numDataNodes(1)
            .build();
    try {
      cluster.waitActive();
      oneOfManyOwns(cluster.getURI() + "/runs/0001-a", "", List.of());
    } finally {
      cluster.shutdown();
    }
  }

  @Test
  void onAnObjectStoreOneOfManyOwns() throws Exception {
    String python = System.getenv("TESSERA_PYTHON");
    assumeTrue(python != null, "needs a Python with moto[server]; name it by TESSERA_PYTHON");
    String classes = System.getenv("TESSERA_S3A");
    assumeTrue(classes != null, "needs hadoop-aws and its SDK; name their jars by TESSERA_S3A");
    int port = freePort();
    Process server =
        new ProcessBuilder(
                python, "-m", "moto.server", "-H", "127.0.0.1", "-p", Integer.toString(port))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(server);
    String endpoint = "http://127.0.0.1:" + port;
    makeBucket(endpoint + "/box");
    oneOfManyOwns(
        "s3a://box/runs/0001-a",
        classes,
        List.of(
            "fs.s3a.endpoint=" + endpoint,
            "fs.s3a.endpoint.region=us-east-1",
            "fs.s3a.path.style.access=true",
            "fs.s3a.access.key=test",
            "fs.s3a.secret.key=test"));
  }

  private void oneOfManyOwns(String place, String classes, List<String> settings) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      List<Process> contenders = new ArrayList<>();
      for (int i = 0; i < CONTENDERS; i++) {
        contenders.add(holder(place, classes, settings));
      }
      for (Process contender : contenders) {
        assertThat(answer(contender)).isEqualTo("ready");
      }
      contenders.forEach(LeaseIT::begin);
      List<Process> owners = new ArrayList<>();
      for (Process contender : contenders) {
        String answer = answer(contender);
        if (answer.equals("owned")) {
          owners.add(contender);
        } else {
          assertThat(answer).contains("is being written by");
        }
      }
      assertThat(owners).hasSize(1);
      Process owner = owners.get(0);
      Process late = holder(place, classes, settings);
      assertThat(answer(late)).isEqualTo("ready");
      begin(late);
      String refusal = answer(late);
      assertThat(refusal).contains("process " + owner.pid() + " on ", "(training)", "takeOver=");

      if (round == 0) { // one that ends in good order
        owner.getOutputStream().close();
        assertThat(owner.waitFor()).isZero();
      } else if (round == 1) { // one that is killed: its process is known to be dead
        owner.destroyForcibly().waitFor();
      } else { // one that lives, at a word
        List<String> told = new ArrayList<>(settings);
        told.add("spark.tessera.takeOver=" + refusal.replaceAll("(?s).*takeOver=(\\w+).*", "$1"));
        Process taker = holder(place, classes, told);
        assertThat(answer(taker)).isEqualTo("ready");
        begin(taker);
        assertThat(answer(taker)).isEqualTo("owned");
      }
    }
  }

  private Process holder(String place, String classes, List<String> settings) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.add("-Xmx256m");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path") + File.pathSeparator + classes);
    command.add(LeaseHolder.class.getName());
    command.add(place);
    command.addAll(settings);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    processes.add(process);
    return process;
  }

  private static void begin(Process process) {
    try {
      OutputStream in = process.getOutputStream();
      in.write('\n');
      in.flush();
    } catch (IOException e) {
      throw new AssertionError("a process has ended before its start", e);
    }
  }

  private static String answer(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.equals("ready") || line.equals("owned") || line.startsWith("refused: ")) {
        return line;
      }
    }
    return "";
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void makeBucket(String bucket) throws Exception {
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(bucket)).PUT(HttpRequest.BodyPublishers.noBody()).build();
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (true) {
      try {
        HttpResponse<String> made =
            HttpClient.newHttpClient().send(put, HttpResponse.BodyHandlers.ofString());
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
        return;
      } catch (IOException e) {
        assertThat(System.nanoTime()).as("the server does not answer").isLessThan(deadline);
        Thread.sleep(200);
      }
    }
  }
}
