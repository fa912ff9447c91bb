/** What makes two models the same, in words and digits that stay the same for ever. */
package dev.tessera.models.structure;
