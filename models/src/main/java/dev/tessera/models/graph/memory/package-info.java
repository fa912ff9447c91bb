/**
 * The memory of one call of a program, followed value by value: how much is held at a time, and
 * what is asked of an allocator. Knows lifetimes and bytes, and no operation.
 */
package dev.tessera.models.graph.memory;
