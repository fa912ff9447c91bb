package dev.tessera.spark.barrier;

import java.io.ObjectInputFilter;
import java.util.regex.Pattern;

/**
 * Which classes a message may make, and how much of them (JEP 290): a stranger who reaches Spark's
 * messages shall not choose what code runs here.
 */
enum WireFilter implements ObjectInputFilter {

  /** Between the two sides of the plugin. */
  OWN("dev\\.tessera\\.spark\\.barrier\\..*"),

  /** What tasks of ours report, and exceptions. */
  TOLD("dev\\.tessera\\..*");

  /** Plain data of the platform; collections call nothing but their elements' own methods. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "java\\.lang\\.(String|Number|Integer|Long|Short|Byte|Double|Float|Boolean|Character"
              + "|Enum|Record|Object|StackTraceElement)"
              + "|java\\.math\\.(BigInteger|BigDecimal)"
              + "|java\\.time\\.(Ser|Duration|Instant)"
              + "|java\\.util\\.(CollSer|ImmutableCollections.*|ArrayList|LinkedList|ArrayDeque"
              + "|HashMap|LinkedHashMap|TreeMap|EnumMap|HashSet|LinkedHashSet|TreeSet|Optional"
              + "|Arrays\\$ArrayList|Map\\$Entry|KeyValueHolder"
              + "|Collections\\$(Empty|Singleton|Unmodifiable)\\w+)");

  /** Far above what a message of ours holds. */
  private static final long MAX_DEPTH = 200;

  private static final long MAX_REFERENCES = 1_000_000;
  private static final long MAX_BYTES = 1L << 30;

  private final Pattern named;

  WireFilter(String named) {
    this.named = Pattern.compile(named);
  }

  @Override
  public Status checkInput(FilterInfo info) {
    if (info.depth() > MAX_DEPTH
        || info.references() > MAX_REFERENCES
        || info.streamBytes() > MAX_BYTES
        || info.arrayLength() > info.streamBytes() + MAX_BYTES / 8) {
      return Status.REJECTED;
    }
    Class<?> type = info.serialClass();
    if (type == null) {
      return Status.UNDECIDED;
    }
    while (type.isArray()) {
      type = type.getComponentType();
    }
    boolean known =
        type.isPrimitive()
            || named.matcher(type.getName()).matches()
            || PLAIN.matcher(type.getName()).matches()
            || (this == TOLD && Throwable.class.isAssignableFrom(type));
    return known ? Status.ALLOWED : Status.REJECTED;
  }
}
