package dropship.blobstore.http;

import dropship.blobstore.content.ByteRange;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the {@code Range} header (RFC 9110 section 14.2). */
final class RangeHeader {
  private static final Pattern BYTES =
      Pattern.compile("bytes\\s*=\\s*(\\d{0,30})\\s*-\\s*(\\d{0,30})\\s*");

  private RangeHeader() {}

  /**
   * The part of {@code size} bytes that is asked for, clipped to what there is; empty when all is,
   * because the header is absent or speaks of another unit than bytes.
   *
   * @throws RangeRefused if no byte fits, also for a last position before the first (which the
   *     registry conformance suite expects); and for several ranges in one request
   */
  static Optional<ByteRange> parse(@Nullable String header, long size) {
    if (header == null || !header.strip().startsWith("bytes")) {
      return Optional.empty();
    }
    if (header.contains(",")) {
      throw RangeRefused.several(header, size);
    }
    var range = BYTES.matcher(header.strip());
    if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
      throw RangeRefused.notSatisfiable(header, size);
    }
    long first;
    long last = size - 1;
    if (range.group(1).isEmpty()) {
      first = Math.max(0, size - position(range.group(2)));
    } else {
      first = position(range.group(1));
      if (!range.group(2).isEmpty()) {
        last = Math.min(last, position(range.group(2)));
      }
    }
    if (first > last) {
      throw RangeRefused.notSatisfiable(header, size);
    }
    return Optional.of(new ByteRange(first, last - first + 1));
  }

  /** A position beyond all numbers is beyond the end all the same. */
  private static long position(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
