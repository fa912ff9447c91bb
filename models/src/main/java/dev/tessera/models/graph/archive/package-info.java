/** Programs as files that libtorch opens: a zip of TorchScript text, a pickle and the constants. */
package dev.tessera.models.graph.archive;
