/** Decodes, crops and resizes pictures: encoded bytes to 8-bit RGB and back. */
package dev.tessera.datasets.image;
