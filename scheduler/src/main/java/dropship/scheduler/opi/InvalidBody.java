package dropship.scheduler.opi;

/** A request that means nothing. Its message names the field, but no value that may be secret. */
final class InvalidBody extends IllegalArgumentException {
  InvalidBody(String field, String expectation) {
    super((field.isEmpty() ? "the body" : field) + ": " + expectation);
  }
}
