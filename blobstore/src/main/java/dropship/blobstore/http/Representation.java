package dropship.blobstore.http;

import static io.vertx.core.http.HttpHeaders.ACCEPT_RANGES;
import static io.vertx.core.http.HttpHeaders.CONTENT_LENGTH;
import static io.vertx.core.http.HttpHeaders.CONTENT_TYPE;
import static io.vertx.core.http.HttpHeaders.ETAG;
import static io.vertx.core.http.HttpHeaders.IF_NONE_MATCH;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Pump;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What GET and HEAD answer with: bytes of a known type, size and version. Here, once, is how they
 * go out: validators, ranges, and the fastest way the connection allows.
 *
 * @param contentType without parameters
 * @param size of the whole, in bytes
 * @param etag without quotes
 */
public record Representation(String contentType, long size, String etag) {
  /** One is sent while the next is read; a slow client costs no more memory than that. */
  private static final int CHUNKS_AHEAD = 2;

  /**
   * Answers {@code request}: 304 if the client has this version, 206 for a range, else 200; for
   * HEAD the head of the same. {@code open} is called only when bytes are to be sent, with the
   * range that is wanted. Headers that are set already are kept.
   *
   * @return done when the last byte is handed to the connection; fails with {@link RangeRefused},
   *     with what {@code open} fails with, or when the connection breaks
   */
  public Future<Void> send(
      Vertx vertx, HttpServerRequest request, Function<ByteRange, Future<Content>> open) {
    var response = request.response();
    response.putHeader(ETAG, quoted());
    response.putHeader(ACCEPT_RANGES, "bytes");
    if (isHeldBy(request)) {
      return response.setStatusCode(304).end();
    }
    response.putHeader(CONTENT_TYPE, contentType);
    if (request.method().equals(HttpMethod.HEAD)) {
      return response.putHeader(CONTENT_LENGTH, Long.toString(size)).end();
    }
    Optional<ByteRange> range;
    try {
      range = wantedRange(request);
    } catch (RangeRefused unsatisfiable) {
      return Future.failedFuture(unsatisfiable);
    }
    return open.apply(range.orElse(ByteRange.ALL))
        .compose(content -> {
          long length = range.map(ByteRange::length).orElse(size);
          long there = content.length().orElse(length);
          if (there != length) {
            content.close(); // a client would wait for bytes that never come
            throw new IllegalStateException(
                "the store has %d bytes, expected %d".formatted(there, length));
          }
          range.ifPresent(part ->
              response
                  .setStatusCode(206)
                  .putHeader(
                      HttpHeaders.CONTENT_RANGE,
                      "bytes %d-%d/%d".formatted(part.offset(), part.last(), size)));
          response.putHeader(CONTENT_LENGTH, Long.toString(length));
          return transfer(vertx, content, request).onComplete(sent -> content.close());
        });
  }

  /** Whether the bytes are asked for, or a part of them, by a client that has another version. */
  public boolean isWantedBy(HttpServerRequest request) {
    return request.method().equals(HttpMethod.GET) && !isHeldBy(request);
  }

  private boolean isHeldBy(HttpServerRequest request) {
    return isNamedIn(request.getHeader(IF_NONE_MATCH))
        || isNamedIn(request.getHeader("If-None-Modify")); // so bits-service spelt it
  }

  private Optional<ByteRange> wantedRange(HttpServerRequest request) {
    var unlessChanged = request.getHeader("If-Range");
    return unlessChanged == null || unlessChanged.equals(quoted())
        ? RangeHeader.parse(request.getHeader("Range"), size)
        : Optional.empty();
  }

  private static Future<Void> transfer(Vertx vertx, Content content, HttpServerRequest request) {
    return switch (content) {
      case Content.InMemory(var bytes) -> request.response().end(bytes);
      // The kernel moves the bytes; it cannot where they must be encrypted on the way.
      case Content.InFile file when !request.isSSL() ->
          request
              .response()
              .sendFile(file.channel(), file.region().offset(), file.region().length());
      case Content.InFile _, Content.Streamed _ ->
          Pump.run(content.stream(vertx), request.response(), CHUNKS_AHEAD)
              .compose(moved -> request.response().end());
    };
  }

  private String quoted() {
    return '"' + etag + '"';
  }

  /** Whether an If-None-Match list names this version: quoted or bare, strong or weak, or "*". */
  private boolean isNamedIn(@Nullable String list) {
    if (list == null) {
      return false;
    }
    for (var item : list.split(",")) {
      var candidate = item.strip().replaceFirst("^W/", "");
      if (candidate.equals("*") || candidate.equals(quoted()) || candidate.equals(etag)) {
        return true;
      }
    }
    return false;
  }
}
