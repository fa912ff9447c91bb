/** Named tensors in safetensors files, and checkpoints of them with a checksummed manifest. */
package dev.tessera.models.checkpoint;
