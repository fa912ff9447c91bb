/**
 * Measures of pictures, accumulated in float64 and mergeable over partitions: on primitives, and
 * where matrices are multiplied or factored by programs of libtorch. Images are {@code float[]} of
 * channel planes, {@code [images][channels][height][width]} flattened; features are {@code float[]}
 * of vectors, {@code [images][features]} flattened.
 */
package dev.tessera.models.evaluation;
