package dev.tessera.spark.barrier;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.TaskContext;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The barrier task as Spark calls it: becomes a rank and returns its one result. */
final class RankFunction<R extends Serializable>
    extends AbstractFunction1<Iterator<Integer>, Iterator<RankResult<R>>> implements Serializable {

  private static final long serialVersionUID = 1L;

  private final RankPlan<R> plan;

  RankFunction(RankPlan<R> plan) {
    this.plan = plan;
  }

  @Override
  public Iterator<RankResult<R>> apply(Iterator<Integer> partition) {
    RankResult<R> result = new Rank<>(plan, TaskContext.get()).run();
    return CollectionConverters.asScala(List.of(result).iterator());
  }
}
