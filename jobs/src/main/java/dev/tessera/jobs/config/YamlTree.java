package dev.tessera.jobs.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads one YAML document into nodes. Scalars keep their text: what they are is for the type that
 * they are bound to, so {@code 1e-4} is a number although YAML 1.1 says it is a word.
 */
final class YamlTree {

  private static final YAMLFactory YAML = new YAMLFactory();
  private static final Pattern STRUCTURED = Pattern.compile("^\\s*[\\[{\"'&*!|>]");

  private final String source;
  private final boolean hasLines;
  private final Mistakes mistakes;

  private YamlTree(String source, boolean hasLines, Mistakes mistakes) {
    this.source = source;
    this.hasLines = hasLines;
    this.mistakes = mistakes;
  }

  /** The document in {@code text}; an empty one is an empty group of keys. */
  static Node ofFile(String source, String text, Mistakes mistakes) {
    return new YamlTree(source, true, mistakes).document(text);
  }

  /**
   * The value of an override, in YAML's notation: {@code 3}, {@code [1, 2]}, <code>{a: 1}</code>.
   */
  static Node ofOverride(String text, Mistakes mistakes) {
    // A # begins a comment in YAML; nobody comments an argument, and colours and paths have it.
    boolean plain =
        text.indexOf('#') >= 0 && text.indexOf('\n') < 0 && !STRUCTURED.matcher(text).find();
    return plain
        ? new Node.Scalar(text.strip(), false, Where.COMMAND_LINE)
        : new YamlTree(Where.COMMAND_LINE.source(), false, mistakes).document(text);
  }

  private Node document(String text) {
    try (YAMLParser parser = YAML.createParser(text)) {
      Node root =
          parser.nextToken() == null ? new Node.Scalar("", true, where(parser)) : node(parser, "");
      if (parser.nextToken() != null) {
        mistakes.add(where(parser), "", "a second document (expected: one)");
      }
      return root;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      Where where = new Where(source, hasLines ? Math.max(line, 0) : 0);
      String reason = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
      mistakes.add(where, "", "not YAML: " + reason);
      return Node.Mapping.empty(where);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Node node(YAMLParser parser, String path) throws IOException {
    Where where = where(parser);
    if (parser.isCurrentAlias()) {
      mistakes.add(where, path, "*" + parser.getText() + " (expected: a value, not an alias)");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(parser, path, where);
      case START_ARRAY -> sequence(parser, path, where);
      case VALUE_NULL -> new Node.Scalar("", true, where);
      default -> new Node.Scalar(parser.getText(), false, where);
    };
  }

  private Node mapping(YAMLParser parser, String path, Where where) throws IOException {
    Map<String, Node> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String child = KeyNames.join(path, key);
      Where at = where(parser);
      parser.nextToken();
      if (entries.put(key, node(parser, child)) != null) {
        mistakes.add(at, child, "written twice (expected: once)");
      }
    }
    return new Node.Mapping(entries, where);
  }

  private Node sequence(YAMLParser parser, String path, Where where) throws IOException {
    List<Node> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(node(parser, KeyNames.join(path, String.valueOf(items.size()))));
    }
    return new Node.Sequence(items, where);
  }

  private Where where(JsonParser parser) {
    return new Where(source, hasLines ? parser.currentTokenLocation().getLineNr() : 0);
  }
}
