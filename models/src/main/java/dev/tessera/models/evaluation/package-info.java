/**
 * Measures of pictures: pure Java on primitives, accumulated in float64 and mergeable over
 * partitions. Images are {@code float[]} of channel planes, {@code
 * [images][channels][height][width]} flattened.
 */
package dev.tessera.models.evaluation;
