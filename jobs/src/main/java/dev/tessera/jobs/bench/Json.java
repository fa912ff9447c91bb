package dev.tessera.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;

/** The notation of results and of what contenders say. */
final class Json {

  static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}
}
