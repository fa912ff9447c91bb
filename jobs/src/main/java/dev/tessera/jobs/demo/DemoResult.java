package dev.tessera.jobs.demo;

import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.sample.SampleSummary;

/** What the demo made and how good it is. */
public record DemoResult(
    DemoVerdict verdict, RunDirectory tokenizer, RunDirectory diffusion, SampleSummary samples) {}
