package dev.tessera.models.runtime;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a measurement on a GPU depends on beside the program.
 *
 * @param name of the GPU, as its driver has it
 * @param driver the driver's version
 * @param cuda the newest CUDA that the driver serves
 * @param cudart the version of CUDA's runtime library in this process
 */
public record GpuVersions(String name, String driver, String cuda, String cudart) {

  private static final String DRIVER = "libcuda.so.1";
  private static final Path DRIVER_FACTS = Path.of("/proc/driver/nvidia/version");
  private static final Pattern DRIVER_VERSION =
      Pattern.compile("Kernel Module.*?\\s(\\d+(?:\\.\\d+)+)\\s");
  private static final int NAME_BYTES = 256;

  static GpuVersions of(Cudart cudart, int device) {
    return new GpuVersions(
        nameOf(device),
        installedDriver(),
        dotted(cudart.driverVersion()),
        dotted(cudart.version()));
  }

  /** {@code 12080} as {@code 12.8}. */
  static String dotted(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** Properties of the runtime library move from release to release; this call does not. */
  private static String nameOf(int device) {
    try {
      NativeLibrary library = NativeLibrary.getInstance(DRIVER);
      int[] handle = new int[1];
      byte[] name = new byte[NAME_BYTES];
      boolean told =
          library.getFunction("cuDeviceGet").invokeInt(new Object[] {handle, device}) == 0
              && library
                      .getFunction("cuDeviceGetName")
                      .invokeInt(new Object[] {name, name.length, handle[0]})
                  == 0;
      return told ? text(name) : "unknown";
    } catch (UnsatisfiedLinkError e) {
      return "unknown";
    }
  }

  private static String text(byte[] terminated) {
    int end = 0;
    while (end < terminated.length && terminated[end] != 0) {
      end++;
    }
    return new String(terminated, 0, end, StandardCharsets.UTF_8);
  }

  private static String installedDriver() {
    try {
      return versionIn(Files.readString(DRIVER_FACTS));
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The version in what the kernel module says of itself. */
  static String versionIn(String facts) {
    Matcher matcher = DRIVER_VERSION.matcher(facts);
    return matcher.find() ? matcher.group(1) : "unknown";
  }
}
