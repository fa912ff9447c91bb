package dev.tessera.datasets.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The drawings of two MIT-licensed webjars, bootstrap-icons 1.11.3 (one colour) and flag-icons
 * 7.2.3 (square flags), as their own indices list them.
 */
final class IconCatalog {

  private static final String WEBJARS = "META-INF/resources/webjars/";
  private static final String ICONS = WEBJARS + "bootstrap-icons/1.11.3/";
  private static final String FLAGS = WEBJARS + "flag-icons/7.2.3/";

  private IconCatalog() {}

  /** All drawings by class, in alphabetical order. */
  static Map<IconClass, List<Icon>> load() throws IOException {
    Map<IconClass, List<Icon>> catalog = new EnumMap<>(IconClass.class);
    for (IconClass family : IconClass.values()) {
      catalog.put(family, new ArrayList<>());
    }
    ObjectMapper json = new ObjectMapper();
    for (JsonNode country : json.readTree(read(FLAGS + "country.json"))) {
      String code = country.get("code").asText();
      String caption = "flag of " + country.get("name").asText();
      String resource = FLAGS + country.get("flag_1x1").asText();
      catalog.get(IconClass.FLAG).add(new Icon(resource, "flag/" + code, caption, IconClass.FLAG));
    }
    for (String name : names(json.readTree(read(ICONS + "font/bootstrap-icons.json")))) {
      IconClass family = IconClass.of(name);
      String caption = name.replace('-', ' ');
      catalog
          .get(family)
          .add(new Icon(ICONS + "icons/" + name + ".svg", "icon/" + name, caption, family));
    }
    return catalog;
  }

  private static Iterable<String> names(JsonNode index) {
    TreeSet<String> names = new TreeSet<>();
    for (Iterator<String> fields = index.fieldNames(); fields.hasNext(); ) {
      names.add(fields.next());
    }
    return names;
  }

  /** A resource's bytes, from whichever loader has the webjars. */
  static byte[] read(String resource) throws IOException {
    try (InputStream in = IconCatalog.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new InvalidDatasetException(
            resource
                + " is not on the class path: add the webjars bootstrap-icons 1.11.3 and"
                + " flag-icons 7.2.3");
      }
      return in.readAllBytes();
    }
  }
}
