package dropship.blobstore.store;

/**
 * When a blob may be put. Checked and put in one step: of two who race, one wins and one is told.
 */
public sealed interface Condition {
  /** Whatever is there is replaced. */
  record Always() implements Condition {}

  /** Nothing is there. */
  record IfAbsent() implements Condition {}

  /** What is there has this ETag. */
  record IfMatch(String etag) implements Condition {}

  Condition ALWAYS = new Always();
  Condition IF_ABSENT = new IfAbsent();
}
