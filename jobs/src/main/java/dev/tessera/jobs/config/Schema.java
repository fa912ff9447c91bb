package dev.tessera.jobs.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What the binder and the writer ask of Java's types. */
final class Schema {

  private Schema() {}

  /** Keys of a record's components, in the order declared. */
  static Map<String, RecordComponent> components(Class<?> type) {
    Map<String, RecordComponent> components = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (components.put(KeyNames.of(component.getName()), component) != null) {
        throw new IllegalStateException(
            type.getName() + ": two components have the key " + KeyNames.of(component.getName()));
      }
    }
    return components;
  }

  static Object read(RecordComponent component, Object instance) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(instance);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }

  /** The canonical constructor's result; what the constructor throws is thrown as it is. */
  static Object construct(Class<?> type, List<Object> values) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(type.getName() + " cannot be made", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be made", e);
    }
  }

  /** The instance that a record's static {@code defaults()} returns, if it has that method. */
  static Optional<Object> defaults(Class<?> type) {
    try {
      Method method = type.getDeclaredMethod("defaults");
      if (!Modifier.isStatic(method.getModifiers()) || method.getReturnType() != type) {
        return Optional.empty();
      }
      method.setAccessible(true);
      return Optional.of(method.invoke(null));
    } catch (NoSuchMethodException e) {
      return Optional.empty();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + ".defaults() cannot be called", e);
    }
  }

  static boolean isVariant(Type type) {
    return type instanceof Class<?> c && c.isInterface() && c.isSealed();
  }

  /** Records of a sealed interface by their {@code type:}, in the order permitted. */
  static Map<String, Class<?>> variants(Class<?> type) {
    Map<String, Class<?>> variants = new LinkedHashMap<>();
    permitted(type).forEach(c -> variants.put(KeyNames.of(c.getSimpleName()), c));
    return variants;
  }

  private static Stream<Class<?>> permitted(Class<?> type) {
    if (type.isRecord()) {
      return Stream.of(type);
    }
    if (!isVariant(type)) {
      throw new IllegalStateException(type.getName() + " is neither a record nor sealed");
    }
    return Arrays.stream(type.getPermittedSubclasses()).flatMap(Schema::permitted);
  }

  /** The raw class of {@code List<T>}, {@code Map<String, T>}, {@code Optional<T>} or a class. */
  static Class<?> raw(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }

  /** The last argument of a generic type: what a list, map or optional holds. */
  static Type held(Type type) {
    Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
    return arguments[arguments.length - 1];
  }

  /** Every dotted path a recipe of this type may hold, groups and variants included. */
  static List<String> paths(Type type) {
    return List.copyOf(typed(type).keySet());
  }

  /** As {@link #paths}, with what is held there; of variants that differ, by the first. */
  static Map<String, Type> typed(Type type) {
    Map<String, Type> paths = new LinkedHashMap<>();
    collect(type, "", paths);
    return paths;
  }

  private static void collect(Type type, String path, Map<String, Type> paths) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      collect(held(type), path, paths);
    } else if (isVariant(type)) {
      variants(raw).values().forEach(v -> collect(v, path, paths));
    } else if (raw.isRecord()) {
      components(raw)
          .forEach(
              (key, component) -> {
                String child = KeyNames.join(path, key);
                paths.putIfAbsent(child, component.getGenericType());
                collect(component.getGenericType(), child, paths);
              });
    }
  }
}
