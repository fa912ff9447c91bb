/** Recipes: YAML files and overrides bound to records, all mistakes reported at once. */
package dev.tessera.jobs.config;
