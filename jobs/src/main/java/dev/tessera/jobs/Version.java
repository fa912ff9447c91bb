package dev.tessera.jobs;

import picocli.CommandLine.IVersionProvider;

/** What {@code tessera --version} prints. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"tessera " + (version == null ? "(from classes)" : version)};
  }
}
