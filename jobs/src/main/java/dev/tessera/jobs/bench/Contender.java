package dev.tessera.jobs.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Processes of one contender, kept alive between measurements and driven by lines. */
final class Contender implements AutoCloseable {

  private static final long PATIENCE_MINUTES = 10;

  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedWriter> inputs = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  /** Starts one process per command, each with the same number of threads. */
  Contender(List<List<String>> commands, int threads) throws IOException {
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

  /** The next line of every process. */
  List<String> readAll() throws IOException {
    List<String> lines = new ArrayList<>();
    for (BufferedReader output : outputs) {
      lines.add(line(output));
    }
    return lines;
  }

  /** A process that says nothing for so long is ended, and the benchmark with it. */
  private String line(BufferedReader output) throws IOException {
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return output.readLine();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try {
      String line = read.get(PATIENCE_MINUTES, TimeUnit.MINUTES);
      if (line == null) {
        throw new IOException("a contender's process ended early, see above");
      }
      return line;
    } catch (TimeoutException | ExecutionException e) {
      processes.forEach(Process::destroyForcibly);
      throw new IOException("a contender's process did not answer", e);
    } catch (InterruptedException e) {
      processes.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a contender was measured", e);
    }
  }

  void tellAll(String line) throws IOException {
    for (BufferedWriter input : inputs) {
      input.write(line);
      input.newLine();
      input.flush();
    }
  }

  /** Gives every process a command and returns the first one's answer. */
  String ask(String command) throws IOException {
    tellAll(command);
    return readAll().get(0);
  }

  /** As {@link #ask}, for commands that answer with seconds. */
  Spread time(String command) throws IOException {
    return Spread.of(Json.MAPPER.readValue(ask(command), double[].class));
  }

  @Override
  public void close() {
    try {
      tellAll("quit");
      for (Process process : processes) {
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
          process.destroyForcibly();
        }
      }
    } catch (IOException e) {
      processes.forEach(Process::destroyForcibly);
    } catch (InterruptedException e) {
      processes.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }
}
