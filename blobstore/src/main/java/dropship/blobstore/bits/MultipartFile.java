package dropship.blobstore.bits;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.streams.ReadStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file within a multipart form (RFC 7578), as it streams in; nothing of it is kept. It ends when
 * the whole form has ended as it should: a form without its closing delimiter is a failure, so that
 * a truncated upload is never taken for a whole one.
 *
 * <p>The form is read here and not by Netty's decoder, which adds a byte to a file when a chunk
 * ends within the line break before a delimiter.
 */
final class MultipartFile implements ReadStream<Buffer> {
  private static final Pattern BOUNDARY =
      Pattern.compile(";\\s*boundary=(?:\"([^\"]+)\"|([^\\s;\"]+))", Pattern.CASE_INSENSITIVE);
  private static final Pattern FIELD =
      Pattern.compile("(?im)^content-disposition:.*;\\s*name=(?:\"([^\"]*)\"|([^\\s;\"]+)).*$");
  private static final Pattern IS_FILE =
      Pattern.compile("(?im)^content-disposition:.*;\\s*filename\\*?=.*$");
  private static final byte[] LINE_BREAK = {'\r', '\n'};
  private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};
  private static final int LONGEST_BOUNDARY = 200;
  private static final int LONGEST_HEADERS = 16 * 1024;

  private enum State {
    BEFORE_FIRST_PART,
    AFTER_DELIMITER,
    HEADERS,
    FILE,
    OTHER_PART,
    CLOSED
  }

  private final ReadStream<Buffer> request;
  private final Collection<String> names;
  private final byte[] delimiter;
  private final int[] skips;
  private final Promise<MultipartFile> found = Promise.promise();
  private State state = State.BEFORE_FIRST_PART;

  /**
   * What has arrived and is not read yet: a beginning of something, or what nobody has asked for.
   */
  private byte[] rest = LINE_BREAK; // every delimiter begins with one, the first only by rights

  private long demand;
  private boolean advancing;
  private boolean requestEnded;
  private boolean done;
  private @Nullable Throwable failure;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  private MultipartFile(ReadStream<Buffer> request, Collection<String> names, String boundary) {
    this.request = request;
    this.names = names;
    this.delimiter = ("\r\n--" + boundary).getBytes(ISO_8859_1);
    this.skips = skips(delimiter);
  }

  /**
   * Finds the first file whose field has one of {@code names}, and lets {@code request} (paused)
   * flow. Other parts are dropped. The file is paused. Fails with a {@link BitsFailure} if there is
   * none.
   */
  static Future<MultipartFile> in(HttpServerRequest request, Collection<String> names) {
    return in(request, request.getHeader(HttpHeaders.CONTENT_TYPE), names);
  }

  static Future<MultipartFile> in(
      ReadStream<Buffer> request, @Nullable String contentType, Collection<String> names) {
    var boundary = BOUNDARY.matcher(contentType == null ? "" : contentType);
    if (!boundary.find() || boundary.group().length() > LONGEST_BOUNDARY) {
      return Future.failedFuture(
          BitsFailure.badRequest(
              "Cannot read the multipart form: its content type has no usable boundary"));
    }
    var form =
        new MultipartFile(
            request, names, boundary.group(1) == null ? boundary.group(2) : boundary.group(1));
    request.handler(form::arrive);
    request.endHandler(form::requestEnd);
    request.exceptionHandler(form::fail);
    request.resume();
    return form.found.future();
  }

  private void arrive(Buffer chunk) {
    if (done) {
      return;
    }
    var joined = Arrays.copyOf(rest, rest.length + chunk.length());
    chunk.getBytes(joined, rest.length);
    rest = joined;
    advance();
  }

  private void requestEnd(@Nullable Void end) {
    requestEnded = true;
    advance();
  }

  /** Reads as far as it can: until more must arrive, or more of the file must be asked for. */
  private void advance() {
    if (advancing || done) {
      return;
    }
    advancing = true;
    try {
      while (mayRead() && readOne()) {
        // Each step leaves less to read.
      }
    } catch (BitsFailure malformed) {
      fail(malformed);
    }
    advancing = false;
    if (!mayRead()) {
      request.pause();
    } else if (!requestEnded) {
      request.resume();
    } else if (!done) {
      end();
    }
  }

  private boolean mayRead() {
    return state != State.FILE || demand > 0;
  }

  /** One step; false if more must arrive first. */
  private boolean readOne() {
    return switch (state) {
      case BEFORE_FIRST_PART, OTHER_PART -> readUpToDelimiter(false);
      case FILE -> readUpToDelimiter(true);
      case AFTER_DELIMITER -> readLineAfterDelimiter();
      case HEADERS -> readHeaders();
      case CLOSED -> {
        rest = new byte[0]; // an epilogue means nothing
        yield false;
      }
    };
  }

  private boolean readUpToDelimiter(boolean isFile) {
    int end = indexOfDelimiter(rest);
    boolean complete = end >= 0;
    // What may turn out to be the beginning of a delimiter stays.
    int length = complete ? end : Math.max(0, rest.length - delimiter.length + 1);
    var content = Buffer.buffer(length).appendBytes(rest, 0, length);
    rest = Arrays.copyOfRange(rest, complete ? end + delimiter.length : length, rest.length);
    if (complete) {
      state = State.AFTER_DELIMITER;
    }
    if (isFile && length > 0) {
      if (demand != Long.MAX_VALUE) {
        demand--;
      }
      if (handler != null) {
        handler.handle(content);
      }
    }
    return complete;
  }

  /** Two hyphens close the form; otherwise the line ends, after white space at most. */
  private boolean readLineAfterDelimiter() {
    if (rest.length < 2) {
      return false;
    }
    if (rest[0] == '-' && rest[1] == '-') {
      state = State.CLOSED;
      return true;
    }
    int end = indexOf(rest, LINE_BREAK);
    if (end < 0) {
      refuseBeyond(LONGEST_BOUNDARY, "a delimiter's line does not end");
      return false;
    }
    if (!new String(rest, 0, end, ISO_8859_1).isBlank()) {
      throw malformed("something follows a delimiter in its line");
    }
    rest = Arrays.copyOfRange(rest, end, rest.length); // with the line break: headers may be none
    state = State.HEADERS;
    return true;
  }

  private boolean readHeaders() {
    int end = indexOf(rest, END_OF_HEADERS);
    if (end < 0) {
      refuseBeyond(LONGEST_HEADERS, "the headers of a part do not end");
      return false;
    }
    var headers = new String(rest, 0, end, UTF_8);
    rest = Arrays.copyOfRange(rest, end + END_OF_HEADERS.length, rest.length);
    boolean wanted = !found.future().isComplete() && isWanted(headers);
    state = wanted ? State.FILE : State.OTHER_PART;
    if (wanted) {
      found.complete(this);
    }
    return true;
  }

  private boolean isWanted(String headers) {
    var field = FIELD.matcher(headers);
    return IS_FILE.matcher(headers).find()
        && field.find()
        && names.contains(field.group(1) == null ? field.group(2) : field.group(1));
  }

  private void refuseBeyond(int limit, String what) {
    if (rest.length > limit) {
      throw malformed(what + " within " + limit + " bytes");
    }
  }

  private static BitsFailure malformed(String what) {
    return BitsFailure.badRequest("Cannot read the multipart form: " + what);
  }

  private void end() {
    if (state != State.CLOSED) {
      fail(BitsFailure.truncated("the multipart form ends without its closing delimiter"));
    } else if (!found.future().isComplete()) {
      var expected = String.join("' or '", names);
      fail(BitsFailure.badRequest("Could not retrieve form parameter '" + expected + "'"));
    } else {
      done = true;
      if (endHandler != null) {
        endHandler.handle(null);
      }
    }
  }

  private void fail(Throwable cause) {
    if (done) {
      return;
    }
    done = true;
    failure = cause;
    if (!found.tryFail(cause) && exceptionHandler != null) {
      exceptionHandler.handle(cause);
    }
  }

  private static int indexOf(byte[] bytes, byte[] pattern) {
    for (int at = 0; at <= bytes.length - pattern.length; at++) {
      if (bytes[at] == pattern[0]
          && Arrays.equals(bytes, at, at + pattern.length, pattern, 0, pattern.length)) {
        return at;
      }
    }
    return -1;
  }

  /** Looks at one byte in as many as the delimiter has, where no delimiter is (Horspool). */
  private int indexOfDelimiter(byte[] bytes) {
    int last = delimiter.length - 1;
    int at = 0;
    while (at + last < bytes.length) {
      byte end = bytes[at + last];
      if (end == delimiter[last]
          && Arrays.equals(bytes, at, at + delimiter.length, delimiter, 0, delimiter.length)) {
        return at;
      }
      at += skips[end & 0xff];
    }
    return -1;
  }

  /** How far a delimiter can begin behind here at least, by the byte where it would end. */
  private static int[] skips(byte[] delimiter) {
    var skips = new int[256];
    Arrays.fill(skips, delimiter.length);
    for (int i = 0; i < delimiter.length - 1; i++) {
      skips[delimiter[i] & 0xff] = delimiter.length - 1 - i;
    }
    return skips;
  }

  @Override
  public MultipartFile handler(@Nullable Handler<Buffer> handler) {
    this.handler = handler;
    return this;
  }

  @Override
  public MultipartFile endHandler(@Nullable Handler<Void> handler) {
    endHandler = handler;
    return this;
  }

  /** A handler that comes after the failure is told at once. */
  @Override
  public MultipartFile exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    if (handler != null && failure != null) {
      handler.handle(failure);
    }
    return this;
  }

  @Override
  public MultipartFile pause() {
    demand = 0;
    if (!mayRead()) {
      request.pause();
    }
    return this;
  }

  @Override
  public MultipartFile resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public MultipartFile fetch(long amount) {
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    advance();
    return this;
  }
}
