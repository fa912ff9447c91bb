package dev.tessera.spark.ui;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The newest figures of the driver's running job, offered to Spark's metrics system (and so to its
 * Prometheus, Graphite and CSV sinks) and to JMX. Setting a figure is cheap and never fails a run.
 */
public final class RunStatus implements RunMXBean {

  private static final String BEAN = "dev.tessera:type=Run";
  private static final RunStatus DRIVER = new RunStatus();

  private volatile String name = "";
  private volatile int attempt;
  private volatile int ranks;
  private volatile Progress progress = new Progress(0, 0, 0, Double.NaN);

  RunStatus() {}

  /** The status of this JVM's driver. */
  public static RunStatus driver() {
    return DRIVER;
  }

  /** An attempt of a gang begins. */
  public void attempt(String gang, int number, int size) {
    name = gang;
    attempt = number;
    ranks = size;
  }

  /** A job reports how far it is. */
  public void progress(Progress newest) {
    progress = newest;
  }

  /** Registers the figures with Spark's metrics system and with JMX. */
  public void publish(MetricRegistry registry) {
    gauge(registry, "attempt", this::getAttempt);
    gauge(registry, "ranks", this::getRanks);
    gauge(registry, "step", this::getStep);
    gauge(registry, "images", this::getImages);
    gauge(registry, "imagesPerSecond", this::getImagesPerSecond);
    gauge(registry, "loss", this::getLoss);
    withdraw();
    try {
      server().registerMBean(this, new ObjectName(BEAN));
    } catch (JMException e) {
      throw new IllegalStateException("Cannot register " + BEAN, e);
    }
  }

  /** Takes the figures out of JMX; Spark forgets its registry by itself. */
  public void withdraw() {
    try {
      ObjectName bean = new ObjectName(BEAN);
      if (server().isRegistered(bean)) {
        server().unregisterMBean(bean);
      }
    } catch (JMException e) {
      throw new IllegalStateException("Cannot unregister " + BEAN, e);
    }
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public int getAttempt() {
    return attempt;
  }

  @Override
  public int getRanks() {
    return ranks;
  }

  @Override
  public long getStep() {
    return progress.step();
  }

  @Override
  public long getImages() {
    return progress.images();
  }

  @Override
  public double getImagesPerSecond() {
    return progress.imagesPerSecond();
  }

  @Override
  public double getLoss() {
    return progress.loss();
  }

  private static <T> void gauge(MetricRegistry registry, String name, Gauge<T> value) {
    registry.register(name, value);
  }

  private static MBeanServer server() {
    return ManagementFactory.getPlatformMBeanServer();
  }
}
