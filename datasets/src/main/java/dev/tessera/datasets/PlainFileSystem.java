package dev.tessera.datasets;

import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;

/**
 * File systems without Hadoop's hidden {@code .crc} files on local disks: they confuse people, and
 * who edits the file that one belongs to cannot read it any more. What matters has checksums of its
 * own.
 */
public final class PlainFileSystem {

  private PlainFileSystem() {}

  /** The same files. */
  public static FileSystem of(FileSystem files) {
    return files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
  }
}
