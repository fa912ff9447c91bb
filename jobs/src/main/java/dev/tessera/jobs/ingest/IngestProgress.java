package dev.tessera.jobs.ingest;

/** Who is told how an ingest goes. */
interface IngestProgress extends AutoCloseable {

  /** Tells nobody. */
  IngestProgress SILENT =
      new IngestProgress() {
        @Override
        public void listed(long files) {}

        @Override
        public void say(String sentence) {}

        @Override
        public void close() {}
      };

  /** Called at every file that the listing finds, with their number so far. */
  void listed(long files);

  /** What was guessed. */
  void say(String sentence);

  /** The listing is over. */
  @Override
  void close();
}
