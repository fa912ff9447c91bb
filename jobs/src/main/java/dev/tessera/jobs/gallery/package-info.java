/**
 * Every objective and every sampler on one density of two dimensions, in a picture: {@code tessera
 * verify gallery}.
 */
package dev.tessera.jobs.gallery;
