/** Trains tokenizers and turns image tables into code and latent tables. */
package dev.tessera.jobs.tokenizer;
