package dev.tessera.jobs.chain;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One {@link Chain} for all classes of a test run: executors take seconds to start. */
final class SharedChain implements ParameterResolver {

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Chain.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // The store closes it after the last class.
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(SharedChain.class))
        .getOrComputeIfAbsent(Chain.class, type -> start(), Chain.class);
  }

  private static Chain start() {
    try {
      return new Chain();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
