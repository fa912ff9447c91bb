package dev.tessera.jobs.run;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.lease.Lease;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A process of {@link LeaseIT}: a line of its input makes it claim the folder, the input's end
 * gives it back. It prints what became of it.
 */
public final class LeaseHolder {

  private LeaseHolder() {}

  /** The folder, then settings as {@code key=value}. */
  public static void main(String[] arguments) throws IOException {
    Configuration conf = new Configuration();
    for (int i = 1; i < arguments.length; i++) {
      String[] setting = arguments[i].split("=", 2);
      conf.set(setting[0], setting[1]);
    }
    Path place = new Path(arguments[0]);
    place.getFileSystem(conf).exists(place); // what is slow at first is done before the start
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    in.readLine();
    try (Lease lease = Lease.acquire(conf, place, "training")) {
      System.out.println("owned");
      in.readLine();
      lease.require();
    } catch (InvalidDatasetException e) {
      System.out.println("refused: " + e.getMessage());
    }
  }
}
