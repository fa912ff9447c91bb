package dev.tessera.jobs.doctor;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * A job with a task in every slot at once: a barrier stage, which starts whole or not at all, so
 * that no executor is left out because another was quicker. Where dynamic allocation forbids those,
 * a plain one.
 */
final class EverySlot extends AbstractFunction1<Iterator<Integer>, Iterator<ProcessFacts>>
    implements Serializable {

  private static final long serialVersionUID = 1L;

  private final ExecutorProbe probe;

  private EverySlot(ExecutorProbe probe) {
    this.probe = probe;
  }

  static List<ProcessFacts> run(JavaSparkContext spark, int slots, ExecutorProbe probe) {
    ClassTag<ProcessFacts> tag = ClassTag$.MODULE$.apply(ProcessFacts.class);
    RDD<Integer> tasks = spark.parallelize(IntStream.range(0, slots).boxed().toList(), slots).rdd();
    EverySlot function = new EverySlot(probe);
    RDD<ProcessFacts> facts =
        spark.getConf().getBoolean("spark.dynamicAllocation.enabled", false)
            ? tasks.mapPartitions(function, false, tag)
            : tasks.barrier().mapPartitions(function, false, tag);
    return facts.toJavaRDD().collect();
  }

  @Override
  public Iterator<ProcessFacts> apply(Iterator<Integer> partition) {
    return CollectionConverters.asScala(probe.look().iterator());
  }
}
