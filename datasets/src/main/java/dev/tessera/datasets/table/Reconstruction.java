package dev.tessera.datasets.table;

/**
 * How close decoded pictures come to the originals.
 *
 * @param psnr decibels, on 8-bit pixels
 * @param ssim -1 to 1
 * @param heldoutPsnr decibels on the rows held out; NaN if there are none
 */
public record Reconstruction(double psnr, double ssim, double heldoutPsnr) {}
