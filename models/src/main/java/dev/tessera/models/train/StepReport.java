package dev.tessera.models.train;

import java.io.Serializable;
import java.util.Map;

/**
 * What one step did.
 *
 * @param step steps taken, this one included
 * @param images images seen after the step
 * @param values metrics of all phases by name, averaged over the global batch: equal on all ranks
 * @param seconds wall time of the step
 * @param communicationSeconds the part spent in the collective
 * @param dataSeconds the part spent waiting for batches
 * @param parts the device's time, in seconds, in those parts of the step that could be told apart:
 *     on the CPU all but the graph; on a GPU the graph, or the others where steps run program by
 *     program
 * @param bytesSent payload this rank has sent during the step
 */
public record StepReport(
    long step,
    long images,
    Map<String, Double> values,
    double seconds,
    double communicationSeconds,
    double dataSeconds,
    Map<StepPart, Double> parts,
    long bytesSent)
    implements Serializable {}
