package dev.tessera.models.checkpoint;

import dev.tessera.models.UserException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/** Refuses a checkpoint of another architecture, naming the first difference. */
final class ArchitectureCheck {

  private static final String WAY_OUT =
      "; use the recipe the checkpoint was written with, or another checkpoint";

  private final Path path;
  private final Map<String, TensorSpec> stored = new HashMap<>();
  private final Collection<TensorSpec> storedInOrder;

  ArchitectureCheck(Path path, Collection<TensorSpec> stored) {
    this.path = path;
    this.storedInOrder = stored;
    stored.forEach(spec -> this.stored.put(spec.name(), spec));
  }

  void requireTensors(List<TensorSpec> wanted) {
    for (TensorSpec spec : wanted) {
      TensorSpec found = stored.get(spec.name());
      if (found == null) {
        throw refuse(
            "tensor '"
                + spec.name()
                + "' is "
                + spec.describe()
                + " in the model and absent there");
      }
      if (!found.equals(spec)) {
        throw refuse(
            ("tensor '" + spec.name() + "' is " + spec.describe() + " in the model and ")
                + (found.describe() + " there"));
      }
    }
  }

  void requireSameTensors(List<TensorSpec> wanted) {
    requireTensors(wanted);
    Set<String> names = new HashSet<>();
    wanted.forEach(spec -> names.add(spec.name()));
    for (TensorSpec spec : storedInOrder) {
      if (!names.contains(spec.name())) {
        throw refuse(
            ("tensor '" + spec.name() + "' is " + spec.describe() + " there and absent from ")
                + "the model");
      }
    }
  }

  /** Equal tensors may still mean something else: the number of attention heads, say. */
  void requireSameModel(ModelIdentity there, ModelIdentity here) {
    if (there.architecture().equals(here.architecture())) {
      return;
    }
    Iterator<String> lines = here.recipe().lines().iterator();
    for (String was : there.recipe().lines().toList()) {
      String is = lines.hasNext() ? lines.next() : "";
      if (!was.equals(is)) {
        throw refuse(
            "the recipe first differs at '" + is.strip() + "', there '" + was.strip() + "'");
      }
    }
    throw refuse(
        "the architecture is "
            + here.architecture()
            + " in the model and "
            + there.architecture()
            + " there");
  }

  private UserException refuse(String difference) {
    return new UserException(
        "Checkpoint " + path + " is of another architecture: " + difference + WAY_OUT);
  }
}
