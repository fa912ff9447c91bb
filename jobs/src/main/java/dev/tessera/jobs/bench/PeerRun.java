package dev.tessera.jobs.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One peer's measurement in a process of its own.
 *
 * @param label what results call the peer
 * @param script of the folder of peers
 * @param ask its argument, a JSON object
 */
record PeerRun(String label, String script, Map<String, Object> ask) {

  /** What a peer's script answers where it cannot measure here. */
  private static final String SKIPPED = "skipped";

  /**
   * Measures; the row has {@code peer}, and {@code reason} where there is no number.
   *
   * @param threads of an operation on the CPU
   */
  Map<String, Object> measure(PythonPeer python, int threads, int limitSeconds) throws IOException {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("peer", label);
    Subprocess.Outcome outcome =
        new Subprocess(
                python.command(script, Json.MAPPER.writeValueAsString(ask)),
                Map.of("OMP_NUM_THREADS", Integer.toString(threads)),
                limitSeconds)
            .listen();
    outcome.failure().ifPresent(reason -> row.put("reason", reason));
    if (outcome.said().isPresent()) {
      Map<String, Object> said =
          Json.MAPPER.convertValue(outcome.said().get(), new TypeReference<>() {});
      if (said.containsKey(SKIPPED)) {
        row.put("reason", said.get(SKIPPED));
      } else {
        said.forEach(row::putIfAbsent);
      }
    }
    return row;
  }
}
