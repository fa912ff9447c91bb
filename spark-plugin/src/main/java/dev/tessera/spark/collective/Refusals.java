package dev.tessera.spark.collective;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who was turned away: the first are named, the others counted, or a flood would fill the log. */
final class Refusals {

  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final int MAX_NAMED = 3;

  private final int rank;
  private final List<String> named = new ArrayList<>();
  private int more;

  Refusals(int rank) {
    this.rank = rank;
  }

  synchronized void add(String from, String reason) {
    if (named.size() < MAX_NAMED) {
      named.add(from + " (" + reason + ")");
      LOG.warn("Rank {} refused a connection from {}: {}", rank, from, reason);
    } else {
      more++;
    }
  }

  /** Tells how many have not been named. */
  synchronized void sumUp() {
    if (more > 0) {
      LOG.warn("Rank {} refused {} more connections while it waited for its peers", rank, more);
    }
  }

  /** For the message that somebody is missing; empty if nobody was refused. */
  synchronized String text() {
    if (named.isEmpty()) {
      return "";
    }
    return "; refused " + String.join(", ", named) + (more > 0 ? " and " + more + " more" : "");
  }
}
