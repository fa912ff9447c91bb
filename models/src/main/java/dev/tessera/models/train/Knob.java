package dev.tessera.models.train;

import java.util.function.LongToDoubleFunction;

/**
 * A number that follows a schedule, told to programs as a float32 without dimensions.
 *
 * @param name for people
 * @param value at so many images seen, before the step
 */
public record Knob(String name, LongToDoubleFunction value) {}
