package dev.tessera.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Rank processes of one contender, kept alive between measurements and driven by lines. */
final class PeerPair implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedWriter> inputs = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  /** Starts one process per command, each with the same number of threads. */
  PeerPair(List<List<String>> commands, int threads) throws IOException {
    for (List<String> command : commands) {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
      Process process = builder.start();
      processes.add(process);
      inputs.add(
          new BufferedWriter(
              new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)));
      outputs.add(
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
    }
  }

  /** The next line of every rank. */
  List<String> readAll() throws IOException {
    List<String> lines = new ArrayList<>();
    for (BufferedReader output : outputs) {
      String line = output.readLine();
      if (line == null) {
        throw new IOException("a rank's process ended early");
      }
      lines.add(line);
    }
    return lines;
  }

  void tellAll(String line) throws IOException {
    for (BufferedWriter input : inputs) {
      input.write(line);
      input.newLine();
      input.flush();
    }
  }

  /** Seconds of each iteration, measured by rank 0. */
  double[] run(long bytes, int warmup, int iterations) throws IOException {
    tellAll("run " + bytes + " " + warmup + " " + iterations);
    return JSON.readValue(readAll().get(0), double[].class);
  }

  @Override
  public void close() {
    try {
      tellAll("quit");
      for (Process process : processes) {
        process.waitFor();
      }
    } catch (IOException e) {
      processes.forEach(Process::destroyForcibly);
    } catch (InterruptedException e) {
      processes.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }
}
