package dropship.blobstore.bits;

import io.netty.handler.codec.DecoderException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file within a multipart form (RFC 7578), as it streams in; nothing of it is kept. It ends when
 * the whole form has ended as it should: a form without its closing delimiter is a failure, so that
 * a truncated upload is never taken for a whole one.
 */
final class MultipartFile implements ReadStream<Buffer> {
  private static final Pattern BOUNDARY =
      Pattern.compile(";\\s*boundary=(?:\"([^\"]+)\"|([^\\s;]+))", Pattern.CASE_INSENSITIVE);

  /** The closing delimiter has at most 76 bytes; a line break or two may follow. */
  private static final int TAIL = 256;

  private final HttpServerFileUpload upload;
  private boolean fileEnded;
  private boolean formEnded;
  private @Nullable Throwable failure;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  private MultipartFile(HttpServerFileUpload upload) {
    this.upload = upload;
    upload.endHandler(end -> {
      fileEnded = true;
      endWhenComplete();
    });
    upload.exceptionHandler(this::fail);
  }

  /**
   * Finds the first file whose field has one of {@code names}, and lets {@code request} flow. Other
   * parts are dropped. The file is paused. Fails with a {@link BitsFailure} if there is none.
   */
  static Future<MultipartFile> in(HttpServerRequest request, Collection<String> names) {
    var found = Promise.<MultipartFile>promise();
    var form = new Form(request, names, found);
    try {
      request.setExpectMultipart(true);
    } catch (RuntimeException notAForm) {
      return Future.failedFuture(unreadable(notAForm));
    }
    request.uploadHandler(form::part);
    request.handler(form::chunk);
    request.endHandler(end -> form.end());
    request.exceptionHandler(form::fail);
    request.resume();
    return found.future();
  }

  private static BitsFailure unreadable(RuntimeException reason) {
    return BitsFailure.badRequest("Cannot read the multipart form: " + reason.getMessage());
  }

  /** The form around the file. */
  private static final class Form {
    private final Collection<String> names;
    private final Promise<MultipartFile> found;
    private final Buffer closingDelimiter;
    private Buffer tail = Buffer.buffer("\n");
    private @Nullable MultipartFile file;

    Form(HttpServerRequest request, Collection<String> names, Promise<MultipartFile> found) {
      this.names = names;
      this.found = found;
      var contentType = request.getHeader(HttpHeaders.CONTENT_TYPE);
      var boundary = BOUNDARY.matcher(contentType == null ? "" : contentType);
      var delimiter =
          boundary.find() ? boundary.group(1) == null ? boundary.group(2) : boundary.group(1) : "";
      // On a line of its own: within one it is part of the file.
      closingDelimiter = Buffer.buffer("\n--" + delimiter + "--");
    }

    void part(HttpServerFileUpload upload) {
      if (file == null && names.contains(upload.name())) {
        upload.pause();
        file = new MultipartFile(upload);
        found.complete(file);
      } else {
        upload.handler(dropped -> {});
      }
    }

    void chunk(Buffer chunk) {
      if (chunk.length() >= TAIL) {
        tail = chunk.getBuffer(chunk.length() - TAIL, chunk.length());
      } else {
        tail = Buffer.buffer().appendBuffer(tail).appendBuffer(chunk);
        tail = tail.getBuffer(Math.max(0, tail.length() - TAIL), tail.length());
      }
    }

    void end() {
      if (!endsWithClosingDelimiter()) {
        fail(BitsFailure.truncated("the multipart form ends without its closing delimiter"));
      } else if (file == null) {
        var expected = String.join("' or '", names);
        fail(BitsFailure.badRequest("Could not retrieve form parameter '" + expected + "'"));
      } else {
        file.formEnded = true;
        file.endWhenComplete();
      }
    }

    private boolean endsWithClosingDelimiter() {
      return tail.toString(StandardCharsets.ISO_8859_1)
          .contains(closingDelimiter.toString(StandardCharsets.ISO_8859_1));
    }

    void fail(Throwable cause) {
      var reason = cause instanceof DecoderException malformed ? unreadable(malformed) : cause;
      if (file != null) {
        file.fail(reason);
      } else {
        found.tryFail(reason);
      }
    }
  }

  private void endWhenComplete() {
    if (fileEnded && formEnded && failure == null && endHandler != null) {
      endHandler.handle(null);
    }
  }

  private void fail(Throwable cause) {
    if (failure == null && !(fileEnded && formEnded)) {
      failure = cause;
      if (exceptionHandler != null) {
        exceptionHandler.handle(cause);
      }
    }
  }

  @Override
  public MultipartFile handler(@Nullable Handler<Buffer> handler) {
    upload.handler(handler);
    return this;
  }

  @Override
  public MultipartFile endHandler(@Nullable Handler<Void> handler) {
    endHandler = handler;
    return this;
  }

  @Override
  public MultipartFile exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    return this;
  }

  @Override
  public MultipartFile pause() {
    upload.pause();
    return this;
  }

  @Override
  public MultipartFile resume() {
    upload.resume();
    return this;
  }

  @Override
  public MultipartFile fetch(long amount) {
    upload.fetch(amount);
    return this;
  }
}
